"""What a person sees who is new here: nothing set up, nothing there yet, wrong inputs, a narrow terminal.

The transcripts were recorded from the program. After a change that is meant, record them anew and read the difference:

    RECORD=1 .venv/bin/python -m pytest -n0 tests/outreach/test_transcripts.py
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from playbooks import use_own
from tests.outreach.commands.test_status_and_review import fill, trouble
from tests.outreach.conftest import Outreach
from tools.playbook_files import begin

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "transcripts"
NOTHING_SET_UP = """

status
approve
batch list
runs show last
stauts
xyzzy
import
import nofile.csv
--playbook submarines status
playbook check nothing
playbook new "Not A Name"
"""
NOTHING_THERE = """

approve list
approve show 4f1c
approve bulk
approve --batch 9
approve --batch 9 --json
approve list --flag nosuch
approve bulk --batch 9
approve undo 4f1c
outbox
outbox show zzz
sent
sent zzz
sent zzz --at 2999-01-01
send
sequences
sequences pause zzz
followups
followups --due
followups --state soon
followups move zzz --on tomorrow
followups move zzz --on 9999-12-31
call-prep zzz
called zzz --outcome hello
replies
replies --waiting
replies show zzz
replies correct zzz
replies triage nowhere
replies opt-out zzz
replies match zzz zzz
meeting list
meeting booked zzz --on 2027-03-01T14:00
opportunities
experiment list
experiment show zzz
batch list
batch show 9
batch export 9
batch metrics 9
batch build --a soft
bids list
signals list
research people
report funnel
score explain zzz
score changes
runs list
runs show zzz
runs list --status soon
runs list --status error
review
review resolve zzz
flags
flags show zzz
flags merges
suppressions
suppressions add acme.example --column Domain --reason customers
qc override zzz style.spam --reason known
qc measure .
prompts diff a b
qc check nowhere
dedupe nowhere
import .
import empty.csv
import people.csv --map Shoe=email
import people.csv --map Name=shoe
run --only soon
run --limit 0
run --source Apollo
worker
db soon
"""
IN_60_COLUMNS = """

status
approve list
flags
followups
runs list
playbook show my-qa
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, home: Path) -> Iterator[None]:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "people.csv").write_text("Name,Company\nAnn Lind,Acme\n", encoding="utf-8")
    yield
    use_own(None)


def recorded(outreach: Outreach, commands: str, folder: Path) -> str:
    """The commands with what they say, words and data apart, and their exit codes where they are not 0."""
    told = []
    for line in commands.split("\n")[1:-1]:
        result = outreach(*shlex.split(line))
        parts = [f"$ outreach {line}".rstrip(), result.stdout.rstrip(), _marked(result.stderr)]
        told.append("\n".join(part for part in parts if part))
        if result.exit_code:
            told[-1] += f"\n[exit code {result.exit_code}]"
    return normalised("\n\n".join(told), folder) + "\n"


def _marked(words: str) -> str:
    return "\n".join(f"! {line}".rstrip() for line in words.rstrip().split("\n")) if words.strip() else ""


def normalised(text: str, folder: Path) -> str:
    """Without what differs from one machine or moment to the next."""
    text = text.replace(str(folder), "~").replace(str(ROOT), "PROGRAM")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2027-01-02 03:04", text)
    text = re.sub(r"(?<!=)\b\d{4}-\d\d-\d\d\b(?! 03:04)(?!T)", "2027-01-02", text)
    text = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b", "0a1b2c3d", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def compare(name: str, text: str) -> None:
    file = FOLDER / f"{name}.txt"
    if os.environ.get("RECORD"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_nothing_set_up(outreach: Outreach, tmp_path: Path) -> None:
    compare("nothing_set_up", recorded(outreach, NOTHING_SET_UP, tmp_path))


def test_nothing_there(outreach: Outreach, database: Database, tmp_path: Path) -> None:
    text = recorded(outreach, NOTHING_THERE, tmp_path)
    assert "Traceback" not in text
    assert "Errno" not in text
    compare("nothing_there", text)


def test_in_60_columns(
    outreach: Outreach, database: Database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal, as far as the program can tell: nothing is wider than it, but for a path, which stays whole."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "60")

    def both(session: Session) -> None:
        fill(session)
        trouble(session)

    database.write_sync(both)
    begin(home / "playbooks", "my-qa", "qa-software")
    text = recorded(outreach, IN_60_COLUMNS, tmp_path)
    assert not re.search(r"\x1b\[[34]\d", text)  # no colour where NO_COLOR asks for none
    text = re.sub(r"[ \t]+$", "", re.sub(r"\x1b\[\d+m", "", text), flags=re.MULTILINE)
    wide = [line for line in text.split("\n") if len(line) > 62 and "/" not in line]
    assert wide == []
    compare("in_60_columns", text)
