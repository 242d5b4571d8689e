"""The child process that reads one page: hostile text meets parsers and patterns here, where it can be stopped.

Standard input is one line of JSON (`reader` says what is in it), then the page's bytes; standard output is one JSON
document.
"""

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Any

from tools.web.facts import About, find_facts
from tools.web.page import Unreadable, decode, read_html, read_text

MEMORY = 1_500_000_000
CPU_SECONDS = 60


def answer(job: dict[str, Any], body: bytes) -> dict[str, Any]:
    """What `reader` makes a Reading of, as plain JSON."""
    today = date.fromisoformat(job["today"])
    text = decode(body, job["charset"])
    try:
        plain = job["content_type"] == "text/plain"
        page = read_text(text, job["url"]) if plain else read_html(text, job["url"], today=today)
    except Unreadable as exc:
        return {"unreadable": str(exc)}
    except RecursionError:
        return {"unreadable": "nested too deep"}
    about = About(tuple(job["names"]), bool(job["own_site"]))
    facts = find_facts(page.text, about, published=page.published, today=today)
    told = asdict(page)
    told["published"] = page.published.isoformat() if page.published else None
    return {"page": told, "facts": [asdict(fact) for fact in facts]}


def _bound() -> None:
    """Limits of the kernel's own, where there are such; the parent's time limit holds everywhere."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def main() -> None:
    """Reads one job from standard input and writes its answer."""
    _bound()
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    sys.stdout.write(json.dumps(answer(json.loads(head), body)))
