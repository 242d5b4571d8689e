"""What is typed at the prompt, and what is read from a file, decides only where it says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from sqlalchemy.orm import Session

from db.access import Database
from db.models import Batch
from db.queries.inbox import Sought, lines
from db.queries.reading import Waiting
from outreach.desk import Desk
from outreach.screens.inbox import View
from outreach.screens.inbox_list import fitted, table
from outreach.settings import Settings
from playbooks import load_playbook
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact, make_draft, make_prospect

ITEM = Waiting(
    draft_id="d" * 32,
    version=1,
    content_hash="0" * 64,
    channel="email",
    touch_number=1,
    recipient="dana@college.example",
    subject="Lights",
    body="Hi Dana",
    person="Dana Reyes",
    first_name="Dana",
    title=None,
    organisation="Kenyon College",
    place=None,
    playbook="sports-lighting",
    tier="A1",
    score=80,
    sequence_id=None,
    starts_sequence=False,
    qc_passed=True,
)
END = None
TODAY = datetime.now(UTC).date()
Ask = Callable[..., Any]


@pytest.fixture
def ask(home: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """`ask("s", END)` types these lines, END being the end of input, and gives the decision."""

    def typed(*lines: str | None, item: Waiting = ITEM) -> Any:
        left = list(lines)

        def read(_prompt: str) -> str:
            line = left.pop(0)
            if line is None:
                raise EOFError
            return line

        monkeypatch.setattr("builtins.input", read)
        decision = Desk(Settings(home=home), Sought()).ask(
            View(item, load_playbook("sports-lighting").sender, "1 of 1")
        )
        assert left == []
        return decision

    return typed


@pytest.mark.parametrize("key", ["d", "r", "s"])
def test_the_end_of_input_at_a_question_decides_nothing(ask: Ask, key: str) -> None:
    assert ask(key, END, "q") is None
    assert ask(key, END, END) is None


def test_going_back_from_a_question_decides_nothing(ask: Ask) -> None:
    assert ask("d", "", "s", "q", "r", " ", "q") is None


def test_a_skip_ends_on_a_day_to_come(ask: Ask) -> None:
    assert ask("s", "").until == TODAY + timedelta(days=7)
    later = TODAY + timedelta(days=30)
    assert ask("s", "soon", "2001-01-01", TODAY.isoformat(), later.isoformat()).until == later


def test_a_warning_needs_a_reason_and_a_block_stays_one(ask: Ask) -> None:
    warned = replace(ITEM, qc_flags=[{"rule": "style.spam", "severity": "warn", "message": "Spam."}])
    assert ask("a", "", "a", END, "q", item=warned) is None
    approved = ask("a", " it is their own word ", item=warned)
    assert (approved.decision, approved.reason) == ("approve", "it is their own word")
    blocked = replace(ITEM, qc_passed=False, qc_flags=[{"rule": "claim.none", "severity": "block", "message": "No."}])
    assert ask("a", "q", item=blocked) is None


def test_help_more_and_undo_decide_nothing(ask: Ask) -> None:
    assert ask("?", "m", "u") == "undo"


def test_what_was_typed_is_what_is_decided(ask: Ask) -> None:
    assert ask("x", "a").decision == "approve"
    rejected = ask("r", " too long ")
    assert (rejected.decision, rejected.reason, rejected.content_hash) == ("reject", "too long", ITEM.content_hash)
    assert ask("d", "asked by phone").decision == "do_not_contact"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"", "no answers"),
        (b"\xff\xfe\x00", "not a text file"),
        (b'[{"draft_id": "x"}]', "one JSON list"),
    ],
)
def test_a_wrong_file_of_answers(
    outreach: Outreach, database: Database, tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "answers.jsonl"
    if content is not None:
        path.write_bytes(content)
    result = outreach("approve", "--answers", str(path))
    assert result.exit_code == 2
    assert says in result.stderr


def test_an_answer_with_a_nul_is_refused_by_itself(outreach: Outreach, database: Database, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"draft_id": "\0", "version": 1, "hash": "x", "decision": "approve"}))
    result = outreach("approve", "--answers", str(path))
    assert (result.exit_code, "there is a NUL in it" in result.stderr) == (1, True)


def fill(session: Session) -> dict[str, str]:
    """A batch with a warned A1 message, a clean A2 one on LinkedIn, and one of another playbook; ids by name."""
    batch = Batch(batch_number=3)
    session.add(batch)
    session.flush()
    school = make_prospect(session, name="Kenyon College", tier="A1", icp_score=81)
    other = make_prospect(session, name="A University of a Name that is Longer than Most of Them Are", tier="A2")
    company = make_prospect(session, name="Plain Software", playbook="qa-software", venue_type="company", tier="B")
    warned = make_draft(
        session,
        make_contact(session, school, last_name="Alder"),
        qc_passed=True,
        qc_flags=[{"rule": "style.spam", "severity": "warn", "message": "Spam.", "fix": "Say it otherwise."}],
        batch_id=batch.id,
    )
    clean = make_draft(
        session,
        make_contact(session, other, linkedin_url="https://linkedin.example/in/reyes"),
        channel="linkedin",
        touch_type="inmail",
        touch_number=2,
        qc_passed=True,
        subject_line="A subject that goes on for longer than a list has room to show of it",
    )
    foreign = make_draft(session, make_contact(session, company), qc_passed=True)
    return {"warned": warned.id, "clean": clean.id, "foreign": foreign.id}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], {"warned", "clean", "foreign"}),
        (["--tier", "a1"], {"warned"}),
        (["--tier", "A1,A2"], {"warned", "clean"}),
        (["--touch", "2"], {"clean"}),
        (["--channel", "LinkedIn"], {"clean"}),
        (["--batch", "3"], {"warned"}),
        (["--batch", "3", "--clean"], set()),
        (["--flag", "judge"], set()),
        (["--flag", "style.spam"], {"warned"}),
        (["--clean"], {"clean", "foreign"}),
        (["--warned"], {"warned"}),
        (["--state", "approved"], set()),
    ],
)
def test_the_list_and_what_narrows_it(
    outreach: Outreach, database: Database, options: list[str], found: set[str]
) -> None:
    ids = database.write_sync(fill)
    result = outreach("approve", "list", *options, "--json")
    assert result.exit_code == 0
    assert {row["draft_id"] for row in json.loads(result.stdout)} == {ids[name] for name in found}
    if "--state" not in options:
        whole = json.loads(outreach("approve", *options, "--json").stdout)
        assert {row["draft_id"] for row in whole} == {ids[name] for name in found}


def test_the_playbook_narrows_it_too(outreach: Outreach, database: Database) -> None:
    ids = database.write_sync(fill)
    rows = json.loads(outreach("--playbook", "qa-software", "approve", "--json").stdout)
    assert [row["draft_id"] for row in rows] == [ids["foreign"]]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["list", "--tier", "A9"], "'A9' is no tier"),
        (["list", "--channel", "fax"], "'fax' is no channel"),
        (["list", "--state", "sent"], "'sent' is no state"),
        (["--tier", "A1", "list"], "stands after the subcommand"),
        (["list", "--flag", "style.spom"], "'style.spom' is no rule"),
        (["bulk", "--tier", "A1", "--accept", "all,style.spom", "--reason", "x"], "'style.spom' is no rule"),
        (["bulk"], "everything at once"),
        (["bulk", "--tier", "A1", "--accept", "style.spam"], "needs a reason"),
    ],
)
def test_wrong_usage(outreach: Outreach, database: Database, args: list[str], says: str) -> None:
    result = outreach("approve", *args)
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["bulk", "--batch", "3"], "style.spam (1)"),
        (["list", "--batch", "4"], "There is no batch '4'"),
        (["--batch", "4", "--json"], "There is no batch '4'"),
        (["undo", "nothing"], "is no id"),
        (["undo", "abcdef"], "There is no draft"),
    ],
)
def test_what_cannot_be_done(outreach: Outreach, database: Database, args: list[str], says: str) -> None:
    database.write_sync(fill)
    result = outreach("approve", *args)
    assert (result.exit_code, says in result.stderr) == (1, True), result.stderr


def test_a_piped_list_has_a_whole_line_for_each_message(outreach: Outreach, database: Database) -> None:
    ids = database.write_sync(fill)
    result = outreach("approve")
    head, *rows = result.stdout.splitlines()
    assert head.split()[:4] == ["draft", "tier", "score", "touch"]
    # By playbook, then best first.
    assert [row[:8] for row in rows] == [ids[n][:8] for n in ("foreign", "warned", "clean")]
    assert "Longer than Most of Them Are" in rows[2]
    assert "nothing was decided" in result.stderr


@pytest.mark.parametrize("noted", [False, True])
def test_the_list_fits_the_width_of_a_terminal(outreach: Outreach, database: Database, noted: bool) -> None:
    database.write_sync(fill)
    found = database.read_sync(lines)
    if noted:
        found = [replace(line, note="until 2026-03-02, and some more words") for line in found]
    shown = fitted(*table(found), 80)
    assert len(shown) == 4
    assert max(map(cell_len, shown)) <= 80
    assert all(word in "\n".join(shown) for word in ("Alder", "Kenyon", "1 warn", "ok", "2 linkedin", "…"))


def test_an_empty_inbox_says_what_to_do(outreach: Outreach, database: Database) -> None:
    result = outreach("approve")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "outreach run" in result.stderr


@pytest.mark.parametrize("command", ["approve", "outbox", "replies", "review", "status"])
def test_an_unknown_playbook(outreach: Outreach, database: Database, command: str) -> None:
    result = outreach("--playbook", "nope", command)
    assert (result.exit_code, "There is no playbook 'nope'" in result.stderr) == (2, True)
