"""Every command that prints, over a database whose every text is hostile: no control or direction character reaches
the terminal, nothing crashes, and what is oversized is no reason to hang."""

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest
from sqlalchemy import JSON, String, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from db.access import Database
from db.actors import acting_as
from db.engine import make_engine
from db.models import (
    AgentAuditLog,
    AgentRun,
    Base,
    BidAlert,
    Contact,
    Experiment,
    Followup,
    HygieneFlag,
    InboundMessage,
    ReferralSuggestion,
    Reply,
    Signal,
)
from db.stamps import utc_now
from db.triggers import install, remove
from evals.results import Plan, Result, Runs
from evals.tasks import PASSED
from outreach.cli import COMMANDS, app, load
from outreach.evaluating import cases_by_id
from tests.e2e.conftest import MakeOffice, Office
from tests.e2e.test_approval import Spawn, at_terminal, press
from tests.support.batches import fill_batch
from tests.support.statements import statements
from tools.csv_cells import harmless

__all__ = ["at_terminal"]

HOSTILE = " \x1b]0;evil\x07\x1b[2J\x1b[31m\x9b31m\u202ednuf\u2066\u200b\u2028\x00'; DROP TABLE contacts;-- =1+1 {{7*7}}"
BIG = HOSTILE.replace("\x00", "") + "long " * 2_000
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
FIXED = re.compile(
    r"(^|_)(id|ids|key|hash|version|email|domain|value|recipient|author|by|playbook)$|^(prompt|content)_"
)
"""Columns that the program finds rows by, or that only it writes."""
OWN = re.compile(r"\x1b\[(?:[0-9;]*m(?!\x9b)|\?25[lh]|2K|1A)|\r")
"""What the program itself paints and counts with."""
LINES = [
    "", "status", "approve list", "approve", "outbox", "outbox show {ready}", "outbox copy {ready}", "sequences",
    "followups", "batch list", "batch show 3", "batch metrics 3", "batch brief 3", "batch build --dry-run",
    "experiment list", "experiment show {experiment}", "meeting list", "meeting show {contact}", "opportunities",
    "call-prep {contact}", "replies", "replies show {reply}", "replies show {message} --raw", "bids list",
    "signals list --all", "research people", "score explain {org}", "score changes", "runs list",
    "runs show last", "report funnel", "report replies --by pain_hook", "analyse", "review", "flags",
    "flags show {flag}", "flags merges", "suppressions", "doctor", "qc rules", "config", "db check", "workers",
    "prompts list", "prompts diff {foul} drafter@v1", "eval list", "eval show last", "eval compare last last",
    "send --dry-run", "dedupe {table}", "import {table} --dry-run", "qc check {table}",
    "playbook list", "playbook show sports-lighting", "playbook check sports-lighting", "completion bash",
    "signals scan {table} --dry-run", "bids match {table} --dry-run", "replies classify {mail}", "research page {page}",
]  # fmt: skip
"""What only looks: as a terminal gets it, and as JSON where it knows that, else as a pipe gets it."""
CHANGES = [
    "init", "db upgrade", "import {table} --source {foul} --yes", "run --only score", "run --goal {foul} --dry-run",
    "batch build --size 1 --seed 1", "batch fill 3", "batch start 3", "batch drop 3 {contact} --reason {foul}",
    "batch close 3", "batch export 3 --html {home}/b.html --csv {home}/b.csv --hubspot {home}/h.csv",
    "report page {home}/report.html", "eval view last --into {home}/eval.html", "eval harvest --into {home}/harvest",
    "eval add {table} --suite {foul}", "approve undo {ready}", "approve bulk --tier A1 --accept {foul} --reason {foul}",
    "outbox export {home}/mails", "send {foul} --into {home}/sent", "sent {foul}", "sequences pause {foul}",
    "sequences stop {foul}", "sequences resume {foul}", "followups skip {followup} --reason {foul}",
    "followups move {followup} --on 2030-01-02", "followups done {followup} --reason {foul}",
    "called {contact} -o voicemail -d {foul} --notes {foul}", "replies correct {reply} --reason {foul} --tag {foul}",
    "replies handled {reply} --did {foul}", "replies add {contact} -c phone --text {foul}",
    "replies match {message} {foul}", "replies triage {mail}", "replies fetch",
    "replies opt-out {foul} --reason {foul}", "meeting booked {contact} --ae {foul} --notes {foul}",
    "meeting rescheduled {contact} --on 2030-01-02",
    "meeting held {contact}", "meeting no-show {contact}", "meeting qualified {contact}",
    "meeting disqualified {contact} --reason {foul}", "meeting lost {contact} --reason {foul}",
    "meeting feedback {contact} {foul}",
    "experiment new {foul} --variable opener_style --a {foul} --b {foul} --baseline 0.1 --lift 0.1",
    "experiment add {foul} 3", "experiment conclude {experiment} --reason {foul}", "bids import {table}",
    "bids review {foul} --relevant", "qc override {ready} {foul} --reason {foul}", "research add {foul} {foul}",
    "research accept {foul}", "research dismiss {foul}", "score again", "review resolve {foul} --note {foul}",
    "prompts activate {foul}", "playbook new {foul}", "flags reopen {flag}",
    "flags keep-apart {flag} --note {foul}", "flags undo {foul}",
    "flags merge {flag} --note {foul}", "flags resolve {flag} --note {foul}", "worker --once",
    "suppressions add {foul} --reason {foul}", "suppressions lift {contact} --reason {foul} --yes",
]  # fmt: skip
"""What changes something, with hostile text for what a person may write: ids, names, reasons, filters."""
ELSEWHERE = {
    "qc measure": "measures the rules on the shipped drafts; how findings are shown is swept by qc check",
    "demo": "runs the sample in a home of its own; its screens are those of run and status",
    "eval run": "measures the shipped cases; what it keeps is shown by eval show, compare and view",
    "mcp": "speaks its protocol on standard output, each text as data within JSON (tests/outreach/mcp)",
    "eval gate": "prints the shipped suites' figures",
}
"""Commands that the sweep does not give hostile text, and why."""


def every_command() -> dict[str, set[str]]:
    """The options of each command by the words that call it; a group that does something by itself is there too."""
    found: dict[str, set[str]] = {}
    for name, entry in COMMANDS.items():
        command = load(name, entry)
        inner = getattr(command, "commands", {})
        if not inner or command.invoke_without_command:
            found[name] = {option for one in command.params for option in one.opts}
        for sub, one in inner.items():
            found[f"{name} {sub}"] = {option for param in one.params for option in param.opts}
    return found


def called_by(line: str, known: Collection[str]) -> str:
    """The command that a line calls."""
    words = line.split()
    two = " ".join(words[:2])
    return two if two in known else " ".join(words[:1])


def test_every_command_is_swept_or_named_with_a_reason() -> None:
    known = every_command()
    swept = {called_by(line, known) for line in (*LINES, *CHANGES)} - {""}
    assert swept | set(ELSEWHERE) == set(known), "call it in LINES or CHANGES, or say in ELSEWHERE why not"
    assert not swept & set(ELSEWHERE)


def poison(url: str) -> int:
    """Adds hostile text to every text column that takes it; how many columns that was."""
    engine, poisoned = make_engine(url, "owner"), 0
    with engine.begin() as connection:
        remove(connection)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.primary_key or column.foreign_keys or FIXED.search(column.name) or column.computed:
                continue
            if isinstance(column.type, String):
                poisoned += _tried(engine, f"UPDATE {table.name} SET {column.name} = {column.name} || :said", BIG)
            elif isinstance(column.type, JSON):
                poisoned += _json(engine, table.name, column.name)
    with engine.begin() as connection:
        install(connection)
    engine.dispose()
    return poisoned


def _tried(engine: Any, sql: str, said: str) -> bool:
    try:
        with engine.begin() as connection:
            return bool(connection.execute(text(sql), {"said": said}).rowcount)
    except DBAPIError:
        return False  # a vocabulary, which a CHECK keeps


def _json(engine: Any, table: str, column: str) -> bool:
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
        for rowid, value in rows:
            new = json.dumps(_worse(json.loads(value)))
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
    return bool(rows)


WORDS = ("message", "text", "summary", "said", "note", "title", "sentence", "quote", "reason", "fix", "error", "name")


def _worse(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _worse(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_worse(inner, key) for inner in value]
    return value + HOSTILE if isinstance(value, str) and key in WORDS else value


def fill(session: Session) -> dict[str, str]:
    """A row of each kind that a run of the sample leaves out; the ids that lines name."""
    ids = fill_batch(session)
    contact = session.get_one(Contact, ids["ready_contact"])
    whom = {"contact_id": contact.id}
    account, prospect = {"account_id": contact.account_id}, {"prospect_id": contact.prospect_id}
    run = session.scalars(select(AgentRun)).first()
    assert run is not None
    noted = {"agent_run_id": run.id, "agent_name": "qc", "action": "qc_failed", "requires_review": True}
    flag = HygieneFlag(**prospect, flag_type="data_quality", message="Odd.", suggested_action="Look.")
    reply = Reply(**whom, channel="email", intent="positive", reply_tag="opener", summary="Glad.", raw_text="Yes.")
    message = InboundMessage(
        message_id="m@x.example",
        raw="Subject: Hi",
        text="Hi",
        from_address="s@x.example",
        received_at=utc_now(),
    )
    experiment = Experiment(name="Which opener", variable="opener_style")
    session.add_all(
        [
            Signal(**account, signal_type="funding", description="They raised money."),
            BidAlert(source="csv", external_id="B-1", title="Lights", organization_name="A school", description="LED"),
            flag,
            reply,
            message,
            experiment,
            ReferralSuggestion(**whom, name="Mallory Quick", title="Treasurer", note="They said so."),
            AgentAuditLog(**noted, **whom, **prospect, details={"reason": "It says so.", "summary": "Odd."}),
        ]
    )
    session.flush()
    followup = session.scalars(select(Followup)).first()
    assert followup is not None
    made = {"flag": flag.id, "reply": reply.id, "message": message.id, "experiment": experiment.id}
    return {**made, "ready": ids["ready"], "contact": contact.id, "org": contact.prospect_id, "followup": followup.id}


def files(home: Path) -> dict[str, str]:
    """A table, a mail and a page, foul in every cell and line."""
    foul = HOSTILE.replace("\x00", "").strip()
    table, mail, page = home / "foul.csv", home / "foul.eml", home / "foul.html"
    with table.open("w", encoding="utf-8", newline="") as file:
        columns = ("Company", "First Name", "Last Name", "Email", "Title", "Subject", "Body", "Description", f"N{foul}")
        csv.writer(file).writerows([columns, *([f"{column} {foul}" for column in columns] for _ in range(3))])
    mail.write_text(f"From: {foul} <a@x.example>\nSubject: {foul}\n\n{foul}\n", encoding="utf-8")
    page.write_text(f"<html><title>{foul}</title><body><p>{foul}</p></body></html>", encoding="utf-8")
    return {"table": str(table), "mail": str(mail), "page": str(page), "home": str(home), "foul": foul}


@dataclass
class Foul:
    """The office, and what stands for the words in braces of a line."""

    office: Office
    given: dict[str, str]

    def words(self, line: str) -> list[str]:
        return [part.format(**self.given) for part in line.split()]


@pytest.fixture
def foul(make_office: MakeOffice, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Foul:
    made = make_office(sqlite_url, colleges=2)
    assert made.run().tally.waiting == 2
    with Database(sqlite_url, "user") as database, acting_as("user:test"):
        ids = database.write_sync(fill)
    home = made.settings.home
    monkeypatch.setenv("OUTREACH_HOME", str(home))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("COLUMNS", "80")
    assert poison(sqlite_url) > 60
    return Foul(made, {**ids, **files(home)})


def shown(*args: str) -> tuple[str, str, BaseException | None]:
    result = CliRunner().invoke(app, list(args), prog_name="outreach")
    failure = result.exception if not isinstance(result.exception, SystemExit) else None
    return result.stdout, result.stderr, failure


@pytest.fixture
def said_to_it() -> Iterator[list[str]]:
    with statements() as seen:
        yield seen


def hidden(said: str, what: str) -> Iterator[str]:
    """The first control or direction character of a text, and where it stands."""
    if found := FORBIDDEN.search(said):
        yield f"{what}: U+{ord(found[0]):04X} near {said[max(found.start() - 60, 0) : found.end() + 20]!r}"


def run_all(foul: Foul, lines: Iterable[str]) -> tuple[list[str], int]:
    """Runs the lines; what is wrong with what they say, and how many have shown hostile text."""
    wrong, hostile = [], 0
    for line in lines:
        out, err, failure = shown(*foul.words(line))
        if failure is not None and "Complaint" not in type(failure).__name__:
            wrong.append(f"outreach {line}: {failure!r:.300}")
        said = OWN.sub("", out + err) if "\x1b[0m" in out + err else out + err
        wrong += hidden(said, f"outreach {line}")
        hostile += "DROP TABLE" in said
    return wrong, hostile


@pytest.mark.timeout(300)
def test_no_control_character_leaves_a_command(
    foul: Foul, monkeypatch: pytest.MonkeyPatch, said_to_it: list[str]
) -> None:
    """What looks, as JSON where it knows that; then what changes something, with foul words of a person's own."""
    monkeypatch.setenv("NO_COLOR", "1")
    known = every_command()
    measured(foul.office.settings.home)
    knows_json = {line for line in LINES if "--json" in known.get(called_by(line, known), ())}
    lines = [*(f"{line} --json" if line in knows_json else line for line in LINES), *CHANGES]
    said_to_it.clear()
    wrong, hostile = run_all(foul, lines)
    assert wrong == []
    assert hostile > 60, f"{hostile} commands of {len(lines)} have shown hostile text, so little was tried"
    assert len(said_to_it) > 1000
    assert [one for one in said_to_it if "DROP TABLE" in one] == [], "no text becomes part of a statement"
    home = foul.office.settings.home
    for name in ("b.html", "report.html", "eval.html"):
        page = (home / name).read_text(encoding="utf-8")
        assert "DROP TABLE" in page or name == "report.html"
        assert list(hidden(page, name)) == []
    for path in home.glob("*.csv"):
        if path.name in ("b.csv", "h.csv") or path.name.endswith(".rejected.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert [cell for cell in cells if not cell.startswith("'") and harmless(cell) != cell] == [], path.name


def measured(home: Path) -> None:
    """A kept run of a suite in which the model has said foul things."""
    case = next(iter(cases_by_id("hygiene_titles")))
    run = Runs(home / "evals" / "runs").begin(
        Plan("hygiene_titles", "0", (case,), {}, f"rules{HOSTILE}", {}, 1, "0", "0")
    )
    run.add(Result(case, 1, f"g{HOSTILE}", False, {PASSED: (0.0, 1.0)}, {HOSTILE: BIG}, (HOSTILE,), HOSTILE))
    run.ended = utc_now()
    run.save()


@pytest.mark.timeout(300)
def test_colours_are_the_programs_own(foul: Foul, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks, as a terminal gets it: nothing but what the program paints with."""
    import typer.rich_utils  # before the variable: it looks once, as it is imported, and would keep the colours

    assert typer.rich_utils
    monkeypatch.setenv("FORCE_COLOR", "1")
    wrong, hostile = run_all(foul, LINES)
    assert wrong == []
    assert hostile > 20


def test_a_sitting_shows_what_is_hidden(foul: Foul, at_terminal: Spawn) -> None:
    """`approve` in a terminal: page after page of the first message, and more of it."""
    child = at_terminal(foul.office, "approve")
    said = press(child, "m") + press(child, "q")
    child.expect(pexpect.EOF)
    said += child.before or ""
    assert "DROP TABLE" in said
    assert "<U+202E>" in said
    assert list(hidden(OWN.sub("", said), "outreach approve")) == []
