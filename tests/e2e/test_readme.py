"""The session in the README is what the program says."""

import os
import re
import sys
from pathlib import Path

import pexpect

from tests.e2e.conftest import MakeOffice
from tests.support.pictures import compare
from tests.support.pipeline import small_sample

ROOT = Path(__file__).parents[2]
CINCINNATI = "201885"
KEYS = "[q]uit > "
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def session() -> list[str]:
    """The README's lines from `$ outreach approve` to the end of the session."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^    \$ outreach approve\n(.*?)^<!-- end of session -->", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return [line.removeprefix("    ").rstrip() for line in found[1].splitlines()]


def test_the_session_of_the_readme(make_office: MakeOffice, sqlite_url: str, tmp_path: Path) -> None:
    office = make_office(sqlite_url, colleges=1)
    office.files = small_sample(tmp_path / "cincinnati", 1, only=[CINCINNATI])
    assert office.run().tally.waiting == 1
    wanted = [line.rstrip("─") for line in session() if line and line != "…"]
    answers = [line.rpartition(" > ")[2] for line in wanted if " > " in line]
    assert len(answers) == 2

    child = pexpect.spawn(
        sys.executable,
        ["-m", "outreach", "approve"],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")},
            "OUTREACH_HOME": str(office.settings.home),
            "OUTREACH_DATABASE_URL": sqlite_url,
            "OUTREACH_MODEL": "rules",
            "TERM": "xterm-256color",
        },
        dimensions=(70, 100),
        encoding="utf-8",
        timeout=30,
    )
    said = ""
    for prompt, key in ((KEYS, answers[0]), ("answers it > ", answers[1]), (KEYS, "q")):
        child.expect_exact(prompt)
        said += f"{child.before}{prompt}"
        child.sendline(key)
    child.expect(pexpect.EOF)
    said += child.before or ""
    child.close()
    compare("inbox", said.partition(KEYS)[0] + KEYS, "outreach approve")

    # With one college in place of the demo's forty, it is the first of one.
    lines = [re.sub(r"\b1 of 1\b", "1 of 40", line.rstrip().rstrip("─")) for line in COLOUR.sub("", said).splitlines()]
    at = 0
    for line in wanted:
        assert line in lines[at:], f"the README says, the program does not (any more): {line}"
        at = lines.index(line, at) + 1
