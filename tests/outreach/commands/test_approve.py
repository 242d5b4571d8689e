"""What is typed at the prompt, and what is read from a file, decides only where it says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.access import Database
from db.queries.inbox import Waiting
from outreach.commands.approve import _Desk
from outreach.settings import Settings
from tests.outreach.conftest import Outreach

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

    def typed(*lines: str | None) -> Any:
        left = list(lines)

        def read(_prompt: str) -> str:
            line = left.pop(0)
            if line is None:
                raise EOFError
            return line

        monkeypatch.setattr("builtins.input", read)
        decision = _Desk(Settings(home=home), None)._ask(ITEM, "1")
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


def test_an_empty_inbox_says_what_to_do(outreach: Outreach, database: Database) -> None:
    result = outreach("approve")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "outreach run" in result.stderr


@pytest.mark.parametrize("command", ["approve", "outbox", "replies", "review", "status"])
def test_an_unknown_playbook(outreach: Outreach, database: Database, command: str) -> None:
    result = outreach("--playbook", "nope", command)
    assert (result.exit_code, "There is no playbook 'nope'" in result.stderr) == (2, True)
