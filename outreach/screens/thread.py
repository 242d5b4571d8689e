"""One contact's correspondence on the screen: message after message, and under each what was made of it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from outreach.console import SHORT_ID, show, visible

if TYPE_CHECKING:
    from datetime import datetime

    from tools.replies.thread import Entry, Followed, Thread


def show_thread(thread: Thread, raw: str | None = None) -> None:
    """Prints a thread; with `raw` that message as it came in, behind it. What others wrote is made harmless."""
    if thread.contact is None:
        show("Matched to nobody", "bold")
    else:
        show(", ".join(visible(part) for part in (thread.contact, thread.title) if part), "bold")
        known = (thread.organisation, thread.email, f"{thread.status}, {_words(thread.stage)}")
        show(" | ".join(visible(part) for part in known if part))
        for sequence in thread.sequences:
            show(f"Sequence {sequence}")
    for entry in thread.entries:
        show("")
        if entry.direction == "out":
            _out(entry)
        else:
            _in(entry)
    if raw is not None:
        show("\nAs it came in:", "bold")
        _quoted(raw)


def _out(entry: Entry) -> None:
    touch = f"touch {entry.touch_number}, " if entry.touch_number else ""
    show(
        f"{_at(entry.at)}  WE -> {touch}{entry.channel}{f', {_words(entry.outcome)}' if entry.outcome else ''}", "bold"
    )
    _body(entry)


def _in(entry: Entry) -> None:
    who = f" from {visible(entry.sender)}" if entry.sender else ""
    kind = f", {_words(entry.kind)}" if entry.kind not in (None, "human") else ""
    show(f"{_at(entry.at)}  <- THEY  {entry.channel}{who}{kind}  [{(entry.inbound_id or '')[:SHORT_ID]}]", "bold")
    _body(entry)
    if entry.intent:
        sure = f"sure {entry.confidence:.2f}" if entry.confidence is not None else "not sure"
        _line("Taken for", f"{_words(entry.intent)} ({sure}), about {_words(entry.reply_tag)}")
        _line("In short", entry.summary)
        _line("Refers to", ", ".join(part for part in (entry.referral_name, entry.referral_title) if part))
    elif entry.kind in (None, "human"):
        _line("Taken for", "nothing yet" if not entry.triaged else "no reply: nothing proves whose it is")
    _line("Look at it", entry.for_review, "yellow")
    for change in entry.corrections:
        by = str(change["by"]).removeprefix("user:")
        _line(
            "Corrected",
            f"{_words(change['field'])}: {change['old'] or '-'} -> {change['new']} by {by}: {change['reason']}",
        )
    for one in entry.followed:
        _followed(one)
    _line("Next step", entry.recommended_next_step if entry.handled_at is None else None)
    if entry.handled_at is not None:
        _line("Handled", f"{_at(entry.handled_at)}: {entry.next_step_taken or 'done'}")


def _followed(one: Followed) -> None:
    _line("Led to", one.what)
    if one.command:
        show(f"{'':14}{one.command}")


def _body(entry: Entry) -> None:
    if entry.subject:
        show(f"  Subject: {visible(entry.subject)}")
    if entry.text:
        _quoted(entry.text)


def _quoted(text: str) -> None:
    """A text of others or ours behind a bar, broken to fit 80 columns, every unseen character written out."""
    for line in visible(text, lines=True).strip("\n").split("\n"):
        for part in textwrap.wrap(line, 76, break_on_hyphens=False) or [""]:
            show(f"  | {part}".rstrip())


def _line(name: str, value: str | None, style: str = "") -> None:
    if value:
        for number, part in enumerate(textwrap.wrap(visible(value), 66, break_on_hyphens=False)):
            show(f"  {f'{name}:' if number == 0 else '':12}{part}", style)


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _words(value: str | None) -> str:
    return (value or "-").replace("_", " ")
