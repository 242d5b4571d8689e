"""The guides through a first hour are what the program says: every ```console block is run, command after command.

What a guide shows must be among what the program says, in that order; `…` stands for lines that are left out. Ids, days
and times differ from one run to the next: those that a guide shows are found again in its later commands. `$ cat FILE`
shows a file that the reader writes.
"""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pexpect
import pytest
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from outreach.cli import app

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("first-hour-*.md"))
VARIES = re.compile(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{8}\b|\b\d{4}-\d\d-\d\d(?: \d\d:\d\d)?\b")
CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
ASKS = "\\S[^>\n]* > "


def sessions(guide: Path) -> list[tuple[str, list[str]]]:
    """The commands of a guide in order, each with the lines that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for token in MarkdownIt("commonmark").parse(guide.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info == "console":
            for line in token.content.splitlines():
                if line.startswith("$ "):
                    found.append((line.removeprefix("$ "), []))
                else:
                    found[-1][1].append(line.rstrip())
    return found


def said_by(args: list[str], answers: list[str], folder: Path) -> list[str]:
    """What a command says in a terminal of 80 columns; with answers, in one that can be typed into."""
    if not answers:
        # A terminal, but for the bars of progress, which leave nothing behind.
        result = CliRunner().invoke(app, args, prog_name="outreach")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return [line.rstrip() for line in CODES.sub("", result.output).splitlines()]
    child = pexpect.spawn(
        sys.executable, ["-m", "outreach", *args], cwd=folder, dimensions=(60, 80), encoding="utf-8", timeout=60
    )
    said = ""
    for answer in answers:
        child.expect(ASKS)
        said += f"{child.before}{child.after}"
        child.sendline(answer)
    child.expect(pexpect.EOF)
    said += child.before or ""
    child.close()
    return [line.rstrip() for line in CODES.sub("", said).splitlines()]


def same(shown: str, line: str, ids: dict[str, str]) -> bool:
    """Whether the line is the one shown, but for what varies, which is noted down."""
    pattern = "".join(
        f"({VARIES.pattern})" if n % 2 else re.escape(part)
        for n, part in enumerate(re.split(f"({VARIES.pattern})", shown))
    )
    matched = re.fullmatch(pattern, line)
    if matched:
        ids |= dict(zip(VARIES.findall(shown), matched.groups(), strict=True))
    return matched is not None


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_is_what_the_program_says(
    guide: Path, tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in os.environ if one.startswith(("OUTREACH_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(migrated_sqlite, home / "outreach.db")
    terminal = {"COLUMNS": "80", "LINES": "60", "NO_COLOR": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm"}
    for name, value in {**terminal, "OUTREACH_HOME": str(home), "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    ids: dict[str, str] = {}
    for command, shown in sessions(guide):
        program, *args = shlex.split(VARIES.sub(lambda one: ids.get(one[0], one[0]), command))
        if program == "cat":
            Path(args[0]).write_text("\n".join(shown) + "\n", encoding="utf-8")
            continue
        if program == "export":
            monkeypatch.setenv(*args[0].split("=", 1))
            continue
        assert program == "outreach"
        lines = said_by(args, [line.rpartition(" > ")[2] for line in shown if re.match(ASKS, line)], tmp_path)
        at = 0
        for wanted in shown:
            if wanted in ("", "…"):
                continue
            found = next((n for n in range(at, len(lines)) if same(wanted, lines[n], ids)), None)
            told = "\n".join(lines)
            assert found is not None, (
                f"{guide.name} shows below '{command}', and the program does not: {wanted}\n{told}"
            )
            at = found + 1
