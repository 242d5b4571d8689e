"""What is shown cannot play tricks, and fits where it is shown."""

import io
import json
import re
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.console import cell, dollars, print_json, print_table, progress, say, span, to_json, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Ångström – “ok” 東京 😀", "Ångström – “ok” 東京 😀"),
        ("\x1b[31mred", "<U+001B>[31mred"),
        ("\x9b31m", "<U+009B>31m"),
        ("abc\u202efdp.exe", "abc<U+202E>fdp.exe"),
        ("\u2066a\u2069", "<U+2066>a<U+2069>"),
        ("a\u200bb\u200db\ufeff", "a<U+200B>b<U+200D>b<U+FEFF>"),
        ("a\u00adb", "a<U+00AD>b"),
        ("over\rwritten\b", "over<U+000D>written<U+0008>"),
        ("one\ntwo\r\nthree\tfour", "one ⏎ two ⏎ three four"),
        ("\u2028\u2029", "<U+2028><U+2029>"),
        ("\U000e0041\U000e0100\u3164\u2800", "<U+E0041><U+E0100><U+3164><U+2800>"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_lines_are_kept_on_request() -> None:
    assert visible("one\r\ntwo\tx\x07", lines=True) == "one\ntwo\tx<U+0007>"


@given(st.text())
def test_what_is_shown_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert all(c.isprintable() or c.isspace() for c in shown)
    assert "\x1b" not in shown
    assert visible(shown) == shown


@given(st.text())
def test_json_reads_back_what_went_in_and_has_no_hidden_character(text: str) -> None:
    written = to_json([text])
    assert json.loads(written) == [text]
    assert visible(written, lines=True) == written


def test_json_writes_times_and_refuses_what_it_does_not_know() -> None:
    assert json.loads(to_json({"at": datetime(2026, 3, 1, tzinfo=UTC)})) == {"at": "2026-03-01T00:00:00+00:00"}
    with pytest.raises(TypeError, match="object"):
        to_json(object())


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, ""),
        (0, "0ms"),
        (999, "999ms"),
        (3_440, "3.4s"),
        (59_960, "1m00s"),
        (125_000, "2m05s"),
        (4_200_000, "1h10m"),
    ],
)
def test_spans(milliseconds: int | None, shown: str) -> None:
    assert span(milliseconds) == shown


def test_small_cells() -> None:
    assert [cell(v) for v in (None, True, 12345, "a\nb")] == ["", "yes", "12,345", "a ⏎ b"]
    assert [dollars(v) for v in (0, 0.00123, 1234.5)] == ["", "$0.0012", "$1,234.50"]


def test_in_a_pipe_each_row_is_one_whole_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Things", ("name", "count"), [("n" * 200, 5), ("\x1b]0;owned\x07", None)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "n" * 200 in lines[2]
    assert lines[3].startswith("<U+001B>]0;owned<U+0007>")


def test_markup_in_data_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("", ("name",), [("[bold red]x[/] :smile: [link=http://a.example]y[/link]",)])
    say("[bold]x[/bold] :smile:")
    told = capsys.readouterr()
    assert "[bold red]x[/] :smile: [link=http://a.example]y[/link]" in told.out
    assert told.err == "[bold]x[/bold] :smile:\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_narrow_terminal_cells_are_folded_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    print_table("Things", ("name", "note"), [("x" * 50, "y" * 50)])
    text = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert max(len(line) for line in text.splitlines()) <= 40
    assert (text.count("x"), text.count("y")) == (50, 50)


def test_a_table_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Things", ("name", "count"), [("a", 5)], as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "count": 5}]
    print_table("Things", ("name",), [("a",)], as_json=True, json_rows=[{"id": 1}])
    assert json.loads(capsys.readouterr().out) == [{"id": 1}]
    print_json({})
    assert capsys.readouterr().out == "{}\n"


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Counting", 3) as bar:
        bar.advance(1)
        bar.describe("more")
    assert capsys.readouterr() == ("", "")


def test_progress_shows_on_the_terminals_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Counting [bold]\x1b[2J", 3) as bar:
        bar.advance(3)
    assert "Counting [bold]<U+001B>[2J" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_what_is_said_beside_a_bar_stands_on_lines_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Counting", 3) as bar:
        bar.advance(1)
        say("one is over")
        with progress("Within", 2) as inner:
            inner.advance(1)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\r", terminal.getvalue())
    assert "\rone is over\n" in lines
    assert "Within" not in lines


def test_a_long_task_tells_how_far_it_is_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.console.TOLD_EVERY_S", 0.0)
    with progress("Counting", 2_000) as bar:
        bar.advance(1_204)
    assert capsys.readouterr() == ("", "Counting: 1,204 of 2,000\n")
