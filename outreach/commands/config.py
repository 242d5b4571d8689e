"""`outreach config`: what is in force and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from outreach.console import print_table, say
from outreach.context import context_of
from outreach.urls import HIDDEN, hide_password

if TYPE_CHECKING:
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach config
  outreach config --json
  OUTREACH_MODEL=gpt-4o-mini outreach config
"""

_MEANING = {
    "home": "the folder of the database and config.toml",
    "database_url": "the database",
    "checkpoint_url": "where runs under way are kept",
    "model": "`rules`, or the name of a model of the endpoint",
    "openai_api_key": "the key of the endpoint",
    "openai_base_url": "the endpoint; without it, OpenAI's own",
    "user": "your name in the records",
    "playbook": "the sales motion to work on",
    "web": "whether research may read the web",
    "search_url": "a SearXNG instance that research may ask",
    "web_cache": "where pages that were read are kept",
    "web_contact": "address or URL that sites are told to complain to",
    "web_loopback": "one loopback site that may be read, for trials",
    "smtp_url": "the server that `outreach send` sends by",
    "imap_url": "the mailbox that replies are fetched from",
    "sent_folder": "the folder of sent mail, if it is not the server's own",
    "sent_copy": "`server`: the mail server puts copies there; `append`: outreach does",
    "unsubscribe_url": "https address of one-click opt-out, with {id} in it",
    "dkim_selector": "of the DKIM key that mail is signed with",
    "dkim_domain": "of the DKIM key",
    "dkim_key_file": "the private key, PEM",
    "log_format": "console or json",
    "log_level": "debug, info, warning or error",
    "otel": "whether spans of the agents' steps are sent",
    "otel_exporter_otlp_endpoint": "where they are sent to",
    "concurrency": "model calls at once; three contacts are under way for each",
    "model_timeout_s": "seconds to wait for a model's answer",
    "model_attempts": "how often a model call is tried",
    "model_max_output_tokens": "the longest answer, in tokens",
    "model_temperature": "how freely a model words its answers; the server's own if not set",
    "max_calls": "model calls a run may make",
    "max_tokens": "tokens a run may use",
    "max_cost_usd": "US dollars a run may cost",
    "price_in": "US dollars per million tokens in",
    "price_cached": "US dollars per million cached tokens in",
    "price_out": "US dollars per million tokens out",
}


class Setting(NamedTuple):
    """One line of `outreach config`; `value` is safe to show, None where nothing is set."""

    name: str
    env: str
    value: str | int | float | None
    origin: str
    meaning: str


def settings_shown(settings: Settings, overrides: set[str]) -> list[Setting]:
    """Every setting, with secrets hidden, and where its value came from; `overrides` came from the command line."""
    from outreach.settings import ENV_NAMES, origin

    return [
        Setting(
            name,
            ENV_NAMES[name],
            _shown(name, settings),
            "command line" if name in overrides else origin(name),
            _MEANING.get(name, ""),
        )
        for name in type(settings).model_fields
    ]


def _shown(name: str, settings: Settings) -> str | int | float | None:
    from pydantic import SecretStr

    if name == "database_url":
        return hide_password(settings.effective_database_url())
    if name == "checkpoint_url":
        return hide_password(settings.effective_checkpoint_url())
    value = settings.effective_web_cache() if name == "web_cache" else getattr(settings, name)
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return hide_password(secret) if name.endswith("_url") else HIDDEN
    if value is None or value == "":
        return None
    if name.endswith(("_url", "_endpoint")):
        return hide_password(str(value))
    return value if isinstance(value, int | float) else str(value)


def config(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Shows every setting in force and where it came from; secrets are hidden.

    Strongest first: an option, the environment, .env in this folder, config.toml in the home folder, the default.
    In config.toml the names are those of the first column: `model = "rules"`.
    """
    context = context_of(ctx)
    shown = settings_shown(context.settings, set(context.overrides))
    print_table(
        "Settings",
        ("setting", "value", "from", "what it is"),
        [(s.name, "" if s.value is None else str(s.value), s.origin, s.meaning) for s in shown],
        as_json=as_json,
        json_rows=[s._asdict() for s in shown],
    )
    if not as_json:
        say(
            "Each can be set in the environment as OUTREACH_ and its name in capitals; openai_… and otel_… as they are."
        )
