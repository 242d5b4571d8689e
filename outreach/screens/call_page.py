"""The page before a call, on one screen: 24 lines of 80 columns where that much is known."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from outreach.console import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

MARGIN = 11
NARROWEST = 50
NO_REASON = "Nothing is kept that says why now. Research them first: outreach run"


def page(sheet: dict[str, Any], width: int) -> Iterator[str]:
    """The lines of the page; each part is cut where it would push the others off the screen, never a sentence to say
    aloud."""
    room = max(min(width, 80), NARROWEST)
    who = sheet["who"]
    title = ", ".join(visible(part) for part in (who["title"], who["organisation"], who["place"]) if part)
    yield from _part("", f"{visible(who['name'])}, {title}", room, most=2, margin=0)
    reach = [
        who["phone"] or "no number on file",
        who["email"],
        f"there {who['local_time']}" if who["local_time"] else "",
    ]
    yield from _part("", "  ".join(visible(part) for part in reach if part), room, most=1, margin=0)
    why = sheet["why_now"] or [{"text": NO_REASON, "sources": []}]
    for number, line in enumerate(why):
        source = f" [{_short(line['sources'][0])}]" if line["sources"] else ""
        yield from _part("Why now" if number == 0 else "", f"{visible(line['text'])}{source}", room, most=2)
    said = sheet["said_so_far"][-2:]
    for number, entry in enumerate(said):
        whom = "we" if entry["by"] == "us" else "they"
        how = " ".join(part for part in (entry["channel"], (entry["outcome"] or "").replace("_", " ")) if part)
        told = f"{entry['on']} {whom}, {how}: {visible(entry['what'] or '')}".rstrip(": ")
        yield from _part("So far" if number == 0 else "", told, room, most=1)
    if not said:
        yield from _part("So far", "Nothing yet: this would be the first word.", room, most=1)
    for number, question in enumerate(sheet["questions"], start=1):
        yield from _part("Ask" if number == 1 else "", f"{number}. {visible(question)}", room, most=2)
    if sheet["objection"]:
        yield from _part("They say", visible(sheet["objection"]["likely"] or ""), room, most=1)
        yield from _part("You say", visible(sheet["objection"]["response"] or ""), room, most=2)
    yield from _part("Open with", visible(sheet["opening"]["text"]), room)
    yield from _part("Voicemail", visible(sheet["voicemail"]), room)


def _part(name: str, text: str, width: int, most: int | None = None, margin: int = MARGIN) -> Iterator[str]:
    lines = textwrap.wrap(text, width - margin, break_on_hyphens=False, max_lines=most, placeholder=" …")
    for number, line in enumerate(lines):
        yield f"{(name if number == 0 else ''):<{margin}}{line}".rstrip()


def _short(source: str) -> str:
    """A source in a few letters: the site and the day."""
    where, _, day = source.partition(", ")
    return f"{visible(where.split('://')[-1].split('/')[0])[:30]}{', ' + visible(day) if day else ''}"
