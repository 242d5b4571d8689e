"""Puts the parts together: the one place where settings become objects that the other packages are given."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from outreach.errors import Complaint
from outreach.urls import hide_password

if TYPE_CHECKING:
    from agents.models import ModelSettings
    from db.access import Database
    from db.roles import Role
    from graphs.recorder import Watch
    from outreach.settings import Settings
    from playbooks import Playbook
    from prompts import Prompt
    from tools.web.access import Web

# PostgreSQL: our roles are made together with the tables.
_NO_SUCH_ROLE = ("22023", "42704")

SEALING_SECONDS = 5.0
"""The longest that a command goes on sealing the audit log after its work is done."""


@contextmanager
def open_database(settings: Settings, role: Role) -> Iterator[Database]:
    """The database in the given role, once it is known to be there and to have this version's tables.

    It is closed at the end, and where anything was written, the audit log's new rows are sealed before that.
    Raises Complaint as `connect` does.
    """
    database = connect(settings, role)
    try:
        yield database
    finally:
        try:
            if database.wrote:
                seal_log(database)
        finally:
            database.close()


def seal_log(database: Database) -> None:
    """Seals the rows of the audit log that wait (PostgreSQL; on SQLite each is sealed as it is written).

    Bounded in time, and never a reason to fail: what stays unsealed the next command seals, and `outreach db check`
    reports it.
    """
    import structlog
    from sqlalchemy.exc import DBAPIError

    from db.audit import seal_some
    from db.errors import DatabaseFault

    until = monotonic() + SEALING_SECONDS
    try:
        while database.write_sync(seal_some) and monotonic() < until:
            pass
    except (DBAPIError, DatabaseFault) as exc:
        structlog.get_logger(__name__).info("audit.not_sealed", error=str(exc).splitlines()[0])


def connect(settings: Settings, role: Role) -> Database:
    """The database in the given role; the caller closes it.

    Raises Complaint where it is missing, cannot be reached, or belongs to another version of the program.
    """
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from db.access import Database, revision
    from db.engine import sqlite_path
    from db.errors import DatabaseFault, NotMigrated, sqlstate
    from db.revisions import head

    url = settings.effective_database_url()
    try:
        path = sqlite_path(url)
        if path is not None and not path.exists():
            raise missing(url)
        database = Database(url, role)
    except (ArgumentError, ValueError) as exc:
        raise unreachable(url, exc) from exc
    try:
        found, wanted = database.read_sync(revision), head()
    except (DBAPIError, DatabaseFault) as exc:
        database.close()
        if isinstance(exc, NotMigrated) or sqlstate(exc) in _NO_SUCH_ROLE:
            raise missing(url) from exc
        raise unreachable(url, exc) from exc
    if found == wanted:
        return database
    database.close()
    if found is None:
        raise missing(url)
    raise another_version(url, found)


def another_version(url: str, found: str) -> Complaint:
    """What to tell the person when the database stands at another migration than the program's."""
    from db.revisions import head, knows

    if not knows(found):
        return Complaint(
            f"The database at {hide_password(url)} belongs to another version of this program: this one does not know "
            f"its migration {found}.",
            "Update the program, or name another database with OUTREACH_DATABASE_URL.",
        )
    return Complaint(
        f"The database at {hide_password(url)} stands at migration {found}, this program needs {head()}.",
        "Run: outreach db upgrade",
    )


def missing(url: str) -> Complaint:
    """What to tell the person when nothing was set up yet."""
    return Complaint(f"There is no database yet at {hide_password(url)}.", "Run: outreach init")


def unreachable(url: str, exc: Exception) -> Complaint:
    """What to tell the person when a database does not answer."""
    from db.errors import DatabaseAway, DatabaseGone, explain
    from outreach.failures import as_complaint

    fault = explain(exc)
    if isinstance(fault, DatabaseAway) and not isinstance(fault, DatabaseGone):
        # Locked, or no room left: the file itself may be sound.
        return as_complaint(fault) or Complaint(str(fault))
    cause = getattr(exc.__cause__ or exc, "orig", None) or exc
    lines = str(cause).strip().splitlines()
    reason = hide_password(lines[0]) if lines else type(cause).__name__
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            return Complaint(
                f"The database at {url} cannot be used: the folder {folder} cannot be written to.",
                "Give yourself the right to write there, or name another home folder with --home or OUTREACH_HOME.",
            )
        return Complaint(
            f"The database at {url} cannot be opened: {reason}",
            "Put a backup of it back, or move the file away and run: outreach init",
        )
    return Complaint(
        f"The database at {hide_password(url)} cannot be reached: {reason}",
        "Check OUTREACH_DATABASE_URL and that the server is running; `outreach config` shows what is in force.",
    )


def open_web(settings: Settings) -> Web | None:
    """What research may use of the web; None where it is off. Nothing is asked yet; the caller closes the fetcher.

    Raises Complaint where an address among the settings is none.
    """
    if not settings.web:
        return None
    from tools.web.access import Web
    from tools.web.cache import PageCache
    from tools.web.fetcher import Fetcher
    from tools.web.search import SearXng

    if not settings.web_contact.isprintable() or not settings.web_contact.isascii():
        raise Complaint("OUTREACH_WEB_CONTACT has characters that no request may carry.", "Give an address or a URL.")
    try:
        fetcher = Fetcher(
            cache=PageCache(settings.effective_web_cache()),
            contact=settings.web_contact,
            allow_origin=settings.web_loopback or None,
        )
    except ValueError as exc:
        raise Complaint(f"OUTREACH_WEB_LOOPBACK is wrong: {exc}.", "Leave it empty outside of trials.") from exc
    try:
        search = (
            SearXng(settings.search_url, allow_origin=settings.web_loopback or None) if settings.search_url else None
        )
    except ValueError as exc:
        raise Complaint(f"OUTREACH_SEARCH_URL is wrong: {exc}.", "Give the address of a SearXNG instance.") from exc
    return Web(fetcher, search)


def open_watch(settings: Settings) -> Watch:
    """What makes spans of the agents' steps and sends them to the settings' endpoint; one for the whole process.

    Raises Complaint where OpenTelemetry is not installed.
    """
    try:
        from outreach.tracing import exported_to
    except ImportError as exc:
        raise Complaint(
            "Spans were asked for (OUTREACH_OTEL or OTEL_EXPORTER_OTLP_ENDPOINT), but OpenTelemetry is not installed.",
            "Run: pip install 'outreach-command-center[otel]', or set OUTREACH_OTEL=off",
        ) from exc
    return exported_to(settings.otel_exporter_otlp_endpoint)


def check_contact_budget(settings: Settings, read: Callable[[str], Playbook]) -> None:
    """Raises Complaint where the playbook bounds what a contact may cost, and nobody said what a token costs."""
    from agents.models import RULES

    bound = read(settings.playbook).limits.contact_cost_usd
    if bound is not None and settings.model != RULES and None in (settings.price_in, settings.price_out):
        raise Complaint(
            f"The playbook '{settings.playbook}' sets contact_cost_usd, and what a token costs is not known.",
            "Set OUTREACH_PRICE_IN and OUTREACH_PRICE_OUT (US dollars per million tokens), or use contact_tokens.",
        )


def own_prompts(settings: Settings) -> Path:
    """The folder of the operator's own versions of prompts, and of which are in force."""
    return settings.home / "prompts"


def prompts_in_force(settings: Settings) -> dict[str, Prompt]:
    """The versions that `outreach prompts activate` chose over the newest shipped ones.

    Raises Complaint where one of them is gone or cannot be read: to go on with another one would be to change what is
    said unasked.
    """
    from prompts import PromptInvalid, PromptNotFound, chosen

    try:
        return chosen(own_prompts(settings))
    except (PromptNotFound, PromptInvalid) as exc:
        raise Complaint(
            str(exc), "Choose anew: outreach prompts list, outreach prompts activate AGENT@VERSION"
        ) from exc


def model_settings(settings: Settings) -> ModelSettings:
    """Which model answers and within what limits. Raises Complaint where a limit of money has no prices to go by."""
    from pydantic import ValidationError

    from agents.models import ModelSettings, Prices

    prices = None
    if settings.price_in is not None and settings.price_out is not None:
        prices = Prices(input=settings.price_in, output=settings.price_out, cached=settings.price_cached)
    limits = {
        name: value
        for name in ("max_calls", "max_tokens", "max_cost_usd")
        if (value := getattr(settings, name)) is not None
    }
    try:
        return ModelSettings(
            name=settings.model,
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            timeout_s=settings.model_timeout_s,
            max_retries=settings.model_attempts - 1,
            max_output_tokens=settings.model_max_output_tokens,
            temperature=settings.model_temperature,
            prices=prices,
            **limits,
        )
    except ValidationError as exc:
        raise Complaint(
            f"The model's settings do not fit together: {exc.errors()[0]['msg']}.",
            "Set OUTREACH_PRICE_IN and OUTREACH_PRICE_OUT (US dollars per million tokens), or drop the limit.",
        ) from exc
