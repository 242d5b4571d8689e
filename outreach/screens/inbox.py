"""One message on the screen: exactly what will leave, what QC says, why this person, and what it rests on.

Everything that a person must have seen before they approve comes first; it is broken into pages where the terminal is
too low for it, and drawn without colour where that is switched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from outreach.console import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from db.queries.reading import Waiting
    from playbooks import Sender
    from tools.scoring.weighted import Part

LEAST_HEIGHT = 10
MOST_REASONS = 3
QUOTE = 160
AROUND = 40
MOST_WORDS = 40
BY_HAND = "by hand, once you approve it: outreach outbox"


@dataclass(frozen=True)
class View:
    """What one message is shown with. `place` says which of how many; `reasons` are the parts of the score."""

    item: Waiting
    sender: Sender
    place: str
    reasons: list[Part] = field(default_factory=list)


@dataclass
class Page:
    """Lines that fit the terminal. `must` says whether they hold what a person must have seen to approve."""

    lines: list[Text] = field(default_factory=list)
    must: bool = False

    @property
    def begins(self) -> str:
        """What it begins with, for the prompt before it."""
        words = next((line.plain.strip(" │") for line in self.lines if line.plain.strip(" │")), "")
        return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"


def pages(console: Console, view: View, *, more: bool = False) -> list[Page]:
    """The message in pages that leave the terminal a line for the prompt; with `more`, what stands behind it at full
    length instead. A pipe has one page."""
    # The library takes every dumb terminal for one of 25 lines.
    height = get_terminal_size().lines if console.is_dumb_terminal else console.height
    room = max(height - 1, LEAST_HEIGHT) if console.is_terminal else None
    found = [Page()]
    for must, section in _behind(view, console.width) if more else _sections(view, console.width):
        if room is not None and found[-1].lines and len(found[-1].lines) + len(section) > room >= len(section):
            found.append(Page())
        for line in section:
            if room is not None and len(found[-1].lines) >= room:
                found.append(Page())
            if found[-1].lines or line.plain:
                found[-1].lines.append(line)
                found[-1].must = found[-1].must or must
    return [page for page in found if page.lines]


def show_page(console: Console, page: Page) -> None:
    """Prints one page; its lines are broken already."""
    for line in page.lines:
        console.print(line, soft_wrap=True)


def _sections(view: View, width: int) -> Iterator[tuple[bool, list[Text]]]:
    """What is shown, in order, and whether it must have been seen by a person who approves."""
    item = view.item
    yield True, [*_head(view, width), *_leaving(item, view.sender, width)]
    yield True, _qc(item, width)
    if item.previous is not None:
        yield False, _changes(item, width)
    yield False, _why(view, width, whole=False)
    yield False, _facts(item, width, whole=False)
    yield False, _earlier(item, width)


def _behind(view: View, width: int) -> Iterator[tuple[bool, list[Text]]]:
    """The whole score, every known fact, all versions."""
    yield False, _why(view, width, whole=True)
    yield False, _facts(view.item, width, whole=True)
    yield False, _versions(view.item, width)


def _lines(text: str, style: str, width: int, indent: int = 0, hang: int = 0) -> list[Text]:
    """One paragraph, broken between words, its further lines indented as the first is, and by `hang` more."""
    from rich.text import Text

    from outreach.tables import wrapped

    broken = wrapped(text, width - indent, hang).split("\n")
    return [Text(" " * indent + line, style=style) for line in broken]


def _title(text: str, width: int) -> list[Text]:
    return [*_lines("", "", width), *_lines(text, "bold", width)]


def _head(view: View, width: int) -> list[Text]:
    item = view.item
    facts = [
        view.place,
        f"tier {item.tier or '-'}, score {item.score if item.score is not None else '-'}",
        f"touch {item.touch_number} of {max(item.touches, item.touch_number)} by {item.channel}",
        f"version {item.version}",
        *([f"batch {item.batch}"] if item.batch is not None else []),
    ]
    rule = "── " + " ── ".join(facts) + " "
    found = _lines(rule + "─" * max(width - len(rule), 0), "dim", width)
    whom = f"{visible(item.person)}, {visible(item.title) if item.title else 'title not known'}"
    where = visible(item.organisation) + (f", {visible(item.place)}" if item.place else "")
    found += _lines(whom, "bold", width) + _lines(where, "", width)
    if item.came_back:
        found += _lines(f"It waits again: {visible(item.came_back)}", "yellow", width)
    if item.version > 1 and item.note:
        found += _lines(f"This version: {visible(item.note)}", "italic", width)
    return found


def _leaving(item: Waiting, sender: Sender, width: int) -> list[Text]:
    from rich.text import Text

    found: list[Text] = []
    for name, value in (
        ("From", f"{visible(sender.name)} <{visible(sender.email)}>"),
        ("To", f"{visible(item.person)} <{visible(item.recipient or 'no address')}>"),
        ("Leaves", BY_HAND),
        ("Subject", visible(item.subject or "(none)")),
    ):
        found += _lines(f"{name + ':':9}{value}", "bold" if name == "Subject" else "", width, 0, 9)
    for line in visible(item.body, lines=True).split("\n"):
        found += [Text(f"│ {part.plain}".rstrip()) for part in _lines(line, "", width - 2)]
    if item.starts_sequence:
        found += _lines("Approving also starts the A1 sequence for this person.", "dim", width)
    return found


def _qc(item: Waiting, width: int) -> list[Text]:
    warnings = sum(flag["severity"] == "warn" for flag in item.qc_flags)
    if not item.qc_passed:
        found = [*_title("QC blocks this text: edit it or reject it", width)]
    elif warnings:
        found = [*_title(f"QC passed, {warnings} warning{'s' if warnings != 1 else ''}", width)]
    else:
        found = [*_title("QC passed", width)]
    for flag in item.qc_flags:
        style = "red" if flag["severity"] == "block" else "yellow"
        line = f"{flag['severity']}  {flag['rule']}: {visible(flag['message'])}"
        if fix := flag.get("fix"):
            line += f" → {visible(fix)}"
        found += _lines(line, style, width, 1, 6)
        if marked := _marked(item, flag):
            found += _lines(marked, "", width, 7, 1)
    return found


def _marked(item: Waiting, flag: dict[str, Any]) -> str:
    """The words that a flag is about, within »«, with what stands around them."""
    words = flag.get("text") or ""
    if not words:
        return ""
    field = flag.get("field", "")
    where = {"subject": item.subject or "", "body": item.body}.get(field, "")
    start = flag.get("start", -1)
    if not isinstance(start, int) or where[start : start + len(words)] != words:
        start = where.find(words)
    if start < 0:
        return f"»{visible(words)}«"
    before, after = where[max(start - AROUND, 0) : start], where[start + len(words) :][:AROUND]
    if start > AROUND:
        before = "…" + before.partition(" ")[2]
    if len(where) - start - len(words) > AROUND:
        after = after.rpartition(" ")[0] + "…"
    one_line = " ".join(f"{before}»{words}«{after}".split())
    return f"{field}: {visible(one_line)}"


def _why(view: View, width: int, *, whole: bool) -> list[Text]:
    item = view.item
    found = _title(f"Why this person: tier {item.tier or '-'}, score {item.score} of 100", width)
    reasons = view.reasons
    if not whole:
        reasons = sorted(reasons, key=lambda part: -part.weight * part.score / part.most)[:MOST_REASONS]
    for part in reasons:
        name = part.dimension.replace("_", " ")
        found += _lines(f"{part.score:>2}/{part.most}  {name}: {visible(part.notes)}", "", width, 1, 7)
    if whole and item.hypothesis:
        found += _lines(f"Our guess: {visible(item.hypothesis)}", "", width, 1, 2)
    return found


def _facts(item: Waiting, width: int, *, whole: bool) -> list[Text]:
    cited = [fact for fact in item.facts if fact.sentences]
    others = [fact for fact in item.facts if not fact.sentences]
    found = _title("Facts that the message rests on" if cited else "The message rests on no fact", width)
    for fact in cited:
        found += _fact(fact, width, "·")
        if whole:
            for sentence in fact.sentences:
                found += _lines(f"says it: {visible(sentence)}", "", width, 5, 2)
    if whole and others:
        found += _lines("Known besides, and not used", "", width, 1)
        for fact in others:
            found += _fact(fact, width, " ")
    elif others:
        plural = "s are" if len(others) > 1 else " is"
        found += _lines(f"{len(others)} further fact{plural} known; m shows them", "dim", width, 1)
    return found


def _fact(fact: Any, width: int, mark: str) -> list[Text]:
    quote = visible(fact.quote)
    short = quote if len(quote) <= QUOTE else quote[: QUOTE - 1] + "…"
    return [
        *_lines(f"{mark} {visible(fact.sentence)}", "", width, 1, 2),
        *_lines(f"“{short}”  — {visible(fact.source)}", "dim", width, 5),
    ]


def _earlier(item: Waiting, width: int) -> list[Text]:
    if not item.earlier:
        return [*_lines("", "", width), *_lines("Nothing was sent to this person before.", "dim", width)]
    found = _title("Earlier touches", width)
    for touch in item.earlier:
        number = f"touch {touch.touch_number} " if touch.touch_number else ""
        what = visible(touch.subject or touch.outcome or "")
        found += _lines(
            f"{touch.sent_at.date()}  {number}by {touch.channel}{f': {what}' if what else ''}", "", width, 1, 12
        )
    return found


def _changes(item: Waiting, width: int) -> list[Text]:
    from outreach.screens.changes import changes

    before = item.previous
    assert before is not None  # noqa: S101 (the caller has asked)
    found = _title(f"Changed since version {before.version} (- out, + in)", width)
    lines = changes((before.subject, before.body), (item.subject, item.body))
    for mark, words in lines:
        style = {"-": "red", "+": "green"}.get(mark, "dim")
        found += _lines(f"{mark} {visible(words)}", style, width, 1, 2)
    if not lines:
        found += _lines("nothing but white space", "dim", width, 1)
    return found


def _versions(item: Waiting, width: int) -> list[Text]:
    found = _title("Versions", width)
    for version in item.history:
        who = "you" if version["author"].startswith("user") else "the drafting agent"
        said = f": {visible(version['note'])}" if version["note"] else ""
        found += _lines(f"{version['version']}  {version['reason'].replace('_', ' ')}, by {who}{said}", "", width, 1, 3)
    return found


def as_row(item: Waiting) -> dict[str, Any]:
    """The message for `--json`: what a decision must name (draft_id, version, hash), and what it is about."""
    return {
        "draft_id": item.draft_id,
        "version": item.version,
        "hash": item.content_hash,
        "playbook": item.playbook,
        "channel": item.channel,
        "touch": item.touch_number,
        "batch": item.batch,
        "recipient": item.recipient,
        "subject": item.subject,
        "body": item.body,
        "person": item.person,
        "title": item.title,
        "organisation": item.organisation,
        "tier": item.tier,
        "score": item.score,
        "starts_sequence": item.starts_sequence,
        "came_back": item.came_back or None,
        "qc_passed": item.qc_passed,
        "qc_flags": item.qc_flags,
        "facts": [
            {"sentence": f.sentence, "quote": f.quote, "source": f.source, "cited_by": list(f.sentences)}
            for f in item.facts
        ],
        "earlier": [vars(touch) for touch in item.earlier],
        "previous": vars(item.previous) if item.previous else None,
        "history": item.history,
    }
