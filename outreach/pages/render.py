"""Turns a template into one self-contained page that asks nobody for anything.

Its policy (CSP) allows exactly the style and the script that stand in it, by their hashes. Whatever a template prints
goes through `shown` and is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from outreach.pages import safe

TEMPLATES: Final = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """The page of a template in `templates/` that extends `base.html`; a missing variable is an error."""
    style, script = _read("page.css"), _read("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    # The two are ours, and their bytes are what the policy's hashes are of.
    ours = {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}  # noqa: S704
    return _environment().get_template(template).render(**ours, **values)


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=safe.shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"bounded": safe.bounded}
    made.globals |= {
        "web_link": safe.web_link,
        "mail_link": safe.mail_link,
        "phone_link": safe.phone_link,
    }
    return made


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
