"""What is shown in a terminal keeps to its width, and its words stay whole."""

import io
import re
import sys
from datetime import UTC, datetime

import pytest

from outreach.console import print_table, say, show
from outreach.tables import wrapped


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 60 columns, as stdout and stderr. Not a fixture: pytest's capture begins anew after those."""
    made = Terminal()
    monkeypatch.setattr(sys, "stdout", made)
    monkeypatch.setattr(sys, "stderr", made)
    for name, value in {"COLUMNS": "60", "NO_COLOR": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    return made


def lines_of(terminal: Terminal) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()


def test_lines_break_between_words_and_keep_their_indent() -> None:
    assert wrapped("one two three four five six seven", 20) == "one two three four\nfive six seven"
    assert wrapped("  one two three four five six", 20, hang=2) == "  one two three four\n    five six"
    assert wrapped("short\n\n" + "x" * 30, 20) == "short\n\n" + "x" * 30


def test_a_command_in_backticks_or_after_a_colon_stays_whole() -> None:
    assert wrapped("Do it so: `outreach outbox export DIR` now", 30) == ("Do it so:\n`outreach outbox export DIR`\nnow")
    assert wrapped("Many at once: outreach approve bulk. Undo: u", 24) == (
        "Many at once:\noutreach approve bulk.\nUndo: u"
    )


def test_a_table_whose_words_fit_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = narrow_terminal(monkeypatch)
    print_table("Things", ("id", "name"), [("a1", "Kenyon College in Gambier, Ohio, and what else there is of it")])
    lines = lines_of(terminal)
    assert lines[0] == "Things"
    assert max(map(len, lines)) <= 60
    assert "Gambier," in " ".join(lines)


def test_a_table_that_does_not_fit_is_shown_as_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = narrow_terminal(monkeypatch)
    when = datetime(2026, 3, 1, 12, tzinfo=UTC)
    columns = ("id", "when", "to", "organisation", "subject", "note", "times")
    print_table("", columns, [("4f1c9a02", when, "dana@northlight.example", "Pennsylvania State", "Lights", None, 3)])
    lines = lines_of(terminal)
    assert lines[0].startswith("4f1c9a02  when: 2026-03-01 ")
    assert "          organisation: Pennsylvania State   subject: Lights" in lines
    assert "note:" not in terminal.getvalue()
    assert "times: 3" in terminal.getvalue()
    assert max(map(len, lines)) <= 60


def test_words_and_data_are_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = narrow_terminal(monkeypatch)
    text = "Nothing is ready to leave. What waits for your decision: outreach approve"
    say(text)
    show(text)
    lines = lines_of(terminal)
    assert lines == ["Nothing is ready to leave. What waits for your decision:", "outreach approve"] * 2
