"""`outreach init`: the home folder and the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from outreach.console import progress, say, show
from outreach.context import settings_of
from outreach.errors import Complaint
from outreach.urls import hide_password

if TYPE_CHECKING:
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach init                              a SQLite file in the home folder
  outreach --home ./work init                another home folder
  OUTREACH_DATABASE_URL=postgresql://localhost/outreach outreach init
"""

CONFIG = """\
# Settings of `outreach`; the environment and .env are stronger. `outreach config` lists them all.

# The model that the agents ask: "rules" needs no network and no key; any other name is asked of the
# OpenAI-compatible endpoint (OPENAI_BASE_URL, OPENAI_API_KEY).
# model = "rules"

# Your name, as it stands beside each decision of yours.
# user = ""

# The sales motion to work on.
# playbook = "sports-lighting"
"""


def set_up(settings: Settings, *, as_owner: bool = False) -> bool:
    """Makes the home folder, its config.toml and the database where they are missing, and upgrades an older one.

    Says whether the database is new. Raises Complaint where the folder or the database cannot be made; with
    `as_owner` also where the database is up to date and the login may not lay its triggers anew.
    """
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from db import migrate, revisions
    from db.errors import DatabaseFault, RoleRefused, explain
    from outreach.settings import TOML_NAME
    from outreach.wiring import another_version, open_database, seal_log, unreachable

    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        toml = settings.home / TOML_NAME
        if not toml.exists():
            toml.write_text(CONFIG, encoding="utf-8")
    except OSError as exc:
        raise Complaint(
            f"The home folder {settings.home} cannot be made or written to: {exc.strerror}.",
            "Name another one with --home or OUTREACH_HOME.",
        ) from exc
    url = settings.effective_database_url()
    at: str | None = None
    try:
        at = migrate.current(url)
        if at is not None and not revisions.knows(at):
            raise another_version(url, at)
        migrate.upgrade(url)
    except (ArgumentError, ValueError) as exc:
        raise unreachable(url, exc) from exc
    except DBAPIError as exc:
        fault = explain(exc)
        if not isinstance(fault, RoleRefused):
            raise fault or unreachable(url, exc) from exc
        if as_owner or at != revisions.head():
            raise Complaint(
                f"The login at {hide_password(url)} does not own the database, so it cannot upgrade it.",
                "Upgrade it with the owner's login: OUTREACH_DATABASE_URL=postgresql://OWNER@HOST/NAME "
                "outreach db upgrade",
            ) from exc
    except DatabaseFault as exc:
        raise Complaint(
            f"The database could not be set up: {exc}.", "Nothing was changed; then: outreach init"
        ) from exc
    with open_database(settings, "user") as database:
        seal_log(database)
    return at is None


def init(ctx: typer.Context) -> None:
    """Makes the home folder and the database: tables, triggers, roles and the templates that come with it.

    Calling it again does no harm: what is there stays, and an older database is brought up to date.
    """
    settings = settings_of(ctx)
    with progress("Making the database"):
        new = set_up(settings)
    show(f"home      {settings.home}")
    show(f"database  {hide_password(settings.effective_database_url())}")
    say("The database is made." if new else "The database was there already and is up to date.", "green")
    say(
        "Next: outreach demo               the whole job, on real organisations\n"
        "      outreach import leads.csv   begin with a list of your own\n"
        "      outreach doctor             is everything in place?"
    )
