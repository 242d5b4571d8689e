"""What `outreach doctor` looks at, one function a subject."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from outreach.console import many
from outreach.errors import Complaint
from outreach.urls import hide_password

if TYPE_CHECKING:
    from outreach.settings import Settings
    from playbooks import Playbook

Verdict = Literal["ok", "warn", "fail"]
PYTHON = (3, 11)
PROBE_SECONDS = 5.0


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report: what it looked at, how it is, and what to do where it is not well."""

    name: str
    verdict: Verdict
    says: str
    mend: str = ""


def examine(settings: Settings, *, connect: bool = False) -> Iterator[Check]:
    """Every check in turn; a check that others rest on is not followed by them when it fails.

    With `connect` the mail servers are spoken to as well.
    """
    yield check_python()
    yield check_home(settings)
    yield from check_database(settings)
    yield check_model(settings)
    yield check_web(settings)
    yield from check_mail(settings, connect=connect)
    yield from check_playbooks(settings)


def check_python() -> Check:
    """Whether this Python is new enough."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < PYTHON:
        return Check("python", "fail", f"Python {found}", "Install Python 3.11 or newer and set up anew.")
    return Check("python", "ok", f"Python {found}")


def check_home(settings: Settings) -> Check:
    """Whether the home folder is there and can be written to."""
    home = settings.home
    if not home.is_dir():
        return Check("home", "fail", f"{home} does not exist", "Run: outreach init")
    if not os.access(home, os.W_OK | os.X_OK):
        return Check("home", "fail", f"{home} cannot be written to", "Give yourself the right, or set OUTREACH_HOME.")
    return Check("home", "ok", str(home))


def check_database(settings: Settings) -> Iterator[Check]:
    """Whether the database answers, stands at the newest migration, and is what it should be."""
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from db import migrate, revisions
    from db.errors import DatabaseFault
    from outreach.wiring import another_version, unreachable

    url = settings.effective_database_url()
    try:
        found, wanted = migrate.current(url), revisions.head()
    except (ArgumentError, ValueError, DBAPIError, DatabaseFault) as exc:
        complaint = unreachable(url, exc)
        yield Check("database", "fail", complaint.what, complaint.mend)
        return
    if found is None:
        yield Check("database", "fail", f"nothing is at {hide_password(url)} yet", "Run: outreach init")
        return
    yield Check("database", "ok", f"{hide_password(url)} answers")
    if found != wanted:
        complaint = another_version(url, found)
        yield Check("migrations", "fail", complaint.what, complaint.mend)
        return
    yield Check("migrations", "ok", f"the tables are those of this version ({found})")
    yield check_integrity(settings)
    if url.startswith("postgresql"):
        yield check_login(url)


def check_login(url: str) -> Check:
    """Whether the PostgreSQL login could take off the role that each connection takes on."""
    from db.engine import make_engine
    from db.roles import PG_ROLES, login_powers

    engine = make_engine(url, "owner", pool_size=1)
    try:
        with engine.connect() as connection:
            login, powers = login_powers(connection)
            database = connection.engine.url.database
    finally:
        engine.dispose()
    if not powers:
        return Check("login", "ok", f"{login} has no more rights than the roles {' and '.join(PG_ROLES.values())}")
    return Check(
        "login",
        "warn",
        f"{login} {' and '.join(powers)}: with it the database's rules can be switched off",
        "Keep it for `outreach db upgrade` and `outreach db check`. For all else make a login that cannot, in psql: "
        f"CREATE ROLE seller LOGIN PASSWORD '…' IN ROLE {', '.join(PG_ROLES.values())}; "
        f"CREATE SCHEMA seller AUTHORIZATION seller; then set "
        f"OUTREACH_DATABASE_URL=postgresql://seller:…@HOST/{database} (the schema is for checkpoints).",
    )


def check_integrity(settings: Settings) -> Check:
    """Whether tables, triggers and the audit log's chain are what they should be."""
    from outreach.integrity import inspect_database

    try:
        report = inspect_database(settings)
    except Complaint as complaint:
        return Check("triggers", "warn", complaint.what, complaint.mend)
    if report.differences:
        first, others = report.differences[0], len(report.differences) - 1
        more = f", and {others} more" if others else ""
        return Check("triggers", "fail", first.what + more, "See all of it: outreach db check")
    log = f"the log of changes is whole ({many(report.sealed, 'entry', 'entries')})"
    if report.were_unsealed:
        log += f", {report.were_unsealed:,} of them sealed only by this check"
    return Check("triggers", "ok", f"what keeps a message from leaving unapproved is in place; {log}")


def check_model(settings: Settings) -> Check:
    """Whether the model that is set answers."""
    if settings.model == "rules":
        return Check(
            "model", "ok", "rules: written rules answer, not a model; no network, no key, no cost (docs/models.md)"
        )
    import asyncio

    from agents.models import ModelError, ModelSettingsError
    from agents.models.endpoint import probe
    from outreach.wiring import model_settings

    try:
        chosen = model_settings(settings)
        where = hide_password(chosen.address)
        offered = asyncio.run(probe(chosen.model_copy(update={"timeout_s": PROBE_SECONDS, "max_retries": 0})))
    except Complaint as complaint:
        return Check("model", "fail", complaint.what, complaint.mend)
    except ModelSettingsError as exc:
        return Check("model", "fail", str(exc), "Set OPENAI_API_KEY, or OUTREACH_MODEL=rules to go on without.")
    except ModelError as exc:
        return Check(
            "model",
            "fail",
            str(exc),
            "Check OPENAI_BASE_URL and OPENAI_API_KEY; OUTREACH_MODEL=rules needs neither.",
        )
    if offered and settings.model not in offered:
        some = ", ".join(sorted(offered)[:5])
        return Check(
            "model",
            "warn",
            f"{where} answers, but does not list {settings.model}",
            f"Set OUTREACH_MODEL; it has: {some}",
        )
    told = "" if offered else "; it keeps no list of its models"
    return Check("model", "ok", f"{settings.model} at {where} answers{told}")


def check_web(settings: Settings) -> Check:
    """Whether research may read the web, and what it is told of it. Nothing is fetched here."""
    from outreach.wiring import open_web

    try:
        web = open_web(settings)
    except Complaint as complaint:
        return Check("web", "fail", complaint.what, complaint.mend)
    if web is None:
        return Check(
            "web",
            "ok",
            "off: research reads your records and the pages you gave it; OUTREACH_WEB=on lets it read websites",
        )
    search = hide_password(settings.search_url) if web.search else "no search engine (OUTREACH_SEARCH_URL)"
    says = f"on: own websites and given pages, {search}; pages are kept in {settings.effective_web_cache()}"
    if settings.web_loopback:
        return Check(
            "web",
            "warn",
            f"{says}; {settings.web_loopback} is let through",
            "Unset OUTREACH_WEB_LOOPBACK after trials.",
        )
    if not settings.web_contact:
        mend = "Set OUTREACH_WEB_CONTACT to an address or URL of yours: it goes into the User-Agent of each request."
        return Check("web", "warn", f"{says}; sites are not told whom to complain to", mend)
    return Check("web", "ok", says)


def check_mail(settings: Settings, *, connect: bool) -> Iterator[Check]:
    """Whether servers for sending and receiving are set, and with `connect` whether they let us in; how mail is signed
    and opted out of."""
    from outreach.mail_check import IMAP, SMTP, parse_server, reach

    for name, value, kind, without in (
        ("mail out", settings.smtp_url, SMTP, "approved messages wait in `outreach outbox` for you to send by hand"),
        (
            "mail in",
            settings.imap_url,
            IMAP,
            "replies come in from a folder of saved mails: outreach replies triage FOLDER",
        ),
    ):
        if value is None:
            yield Check(name, "warn", f"no server is set; {without}", f"Set {kind.setting}: see docs/mail.md.")
            continue
        try:
            server = parse_server(value.get_secret_value(), kind)
            if connect:
                reach(server)
        except Complaint as complaint:
            yield Check(name, "fail", complaint.what, complaint.mend)
            continue
        told = "lets you in" if connect else "is set (not contacted; --connect tries it)"
        yield Check(name, "ok", f"{server.scheme}://{server.host}:{server.port} {told}")
    if settings.smtp_url is not None:
        yield _check_signing(settings)
        yield _check_opt_out(settings)


def _check_signing(settings: Settings) -> Check:
    from outreach.mailing import signer_of
    from playbooks import PlaybookInvalid, PlaybookNotFound, load_playbook

    try:
        signer = signer_of(settings)
    except Complaint as complaint:
        return Check("signature", "fail", complaint.what, complaint.mend)
    if signer is None:
        return Check("signature", "ok", "mail is not signed from here: your mail server has to (DKIM, docs/mail.md)")
    try:
        sender = load_playbook(settings.playbook).sender.email
    except (PlaybookInvalid, PlaybookNotFound):
        sender = ""  # told by the check of the playbooks
    says = f"mail is signed as {signer.selector}._domainkey.{signer.domain}"
    if sender and not signer.covers(sender):
        return Check(
            "signature",
            "warn",
            f"{says}, and {sender} writes: receivers do not count it for that address (DMARC)",
            "Set OUTREACH_DKIM_DOMAIN to the sender's domain.",
        )
    return Check("signature", "ok", says)


def _check_opt_out(settings: Settings) -> Check:
    if settings.unsubscribe_url is None:
        return Check("opt-out", "ok", "by mail; one-click opt-out is off (OUTREACH_UNSUBSCRIBE_URL, docs/mail.md)")
    return Check("opt-out", "ok", f"by mail, and by one click at {settings.unsubscribe_url}")


def check_playbooks(settings: Settings) -> Iterator[Check]:
    """Whether every playbook is in order, the chosen one is there, and its sender is no longer the invented one."""
    from playbooks.loader import playbook_folders
    from tools.playbook_files import lint

    folders = playbook_folders()
    for name, folder in folders.items():
        found = lint(folder)
        if found.errors:
            first, others = found.errors[0], len(found.errors) - 1
            more = f", and {many(others, 'mistake')} more" if others else ""
            where = f"{first.file}:{first.line}" if first.line else first.file
            # One that you do not work with stops nothing until you do.
            verdict: Verdict = "fail" if name == settings.playbook or found.playbook is None else "warn"
            says = f"{name}: {where}: {first.wrong.rstrip('.')}{more}"
            yield Check("playbook", verdict, says, f"See all of it, and how to mend it: outreach playbook check {name}")
            continue
        yield Check("playbook", "ok", f"{name} is valid")
        if name == settings.playbook and found.playbook is not None and found.playbook.sender.sample:
            yield _invented(settings, found.playbook)
    if settings.playbook not in folders:
        yield Check(
            "playbook",
            "fail",
            f"there is no playbook '{settings.playbook}'",
            f"Set OUTREACH_PLAYBOOK to one of: {', '.join(folders)}.",
        )


def _invented(settings: Settings, playbook: Playbook) -> Check:
    from playbooks.loader import is_own

    name = playbook.name
    file = settings.own_playbooks() / name / "playbook.toml"
    begin = "" if is_own(name) else f"run: outreach playbook new {name} --from {name}; then "
    return Check(
        "sender",
        "warn",
        f"{name} still writes as {playbook.sender.name} of {playbook.sender.company}, who is invented",
        f"Before anything real leaves, {begin}put yourself into [sender] of {file}.",
    )
