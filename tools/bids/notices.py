"""What a feed says, in one form: a notice is one publication, a tender all notices of one procurement."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from tools.normalise import clean, name_key

Stage = Literal["planned", "open", "closed", "awarded", "cancelled"]
MAX_TEXT: Final = 20_000


@dataclass(frozen=True)
class Place:
    """Where a tender belongs: a state's postal code and a city, each where the notice gives it."""

    state: str | None = None
    city: str | None = None


@dataclass(frozen=True)
class Notice:
    """One publication about a tender.

    `key` is the same for all notices of one tender in one source. `organisations` are the names of who buys, the most
    telling first. `place` is the buyer's seat, `site` where the work is. `codes` are (scheme, code) pairs. `order`
    sorts the notices of a tender: the moment of publication, as ISO text. `row` is its place in the file, from 1.
    """

    source: str
    key: str
    notice_id: str
    title: str
    organisations: tuple[str, ...]
    row: int
    kind: str = ""
    stage: Stage = "open"
    number: str | None = None
    description: str | None = None
    place: Place = Place()
    site: Place = Place()
    posted: date | None = None
    due: date | None = None
    url: str | None = None
    domains: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    order: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)


@dataclass(frozen=True)
class Refusal:
    """A record that is no notice: its place in the file, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class Tender:
    """The notices of one procurement, the oldest first, read as one."""

    notices: tuple[Notice, ...]

    @property
    def last(self) -> Notice:
        """The notice that is in force."""
        return self.notices[-1]

    @property
    def source(self) -> str:
        """`bid_alerts.source`."""
        return self.last.source

    @property
    def key(self) -> str:
        """`bid_alerts.external_id`."""
        return self.last.key

    @property
    def title(self) -> str:
        """The title in force, without 'Amendment 0002'. An award's own title gives way to that of the tender."""
        told = next((n for n in reversed(self.notices) if n.stage != "awarded"), self.last)
        return without_amendment(told.title)

    @property
    def description(self) -> str | None:
        """The descriptions of all notices, the newest first: an amendment often says only what it changes."""
        said = dict.fromkeys(n.description for n in reversed(self.notices) if n.description)
        return "\n\n".join(said)[:MAX_TEXT] or None

    @property
    def organisation(self) -> str:
        """Who buys; '' where no notice says."""
        return self.organisations[0] if self.organisations else ""

    @property
    def organisations(self) -> tuple[str, ...]:
        """Every name of who buys, the newest first."""
        return tuple(dict.fromkeys(name for n in reversed(self.notices) for name in n.organisations))

    @property
    def posted(self) -> date | None:
        """The day of the first notice."""
        days = [n.posted for n in self.notices if n.posted]
        return min(days) if days else None

    @property
    def due(self) -> date | None:
        """The last day for an answer, as the newest notice has it that gives one."""
        return next((n.due for n in reversed(self.notices) if n.due), None)

    @property
    def url(self) -> str | None:
        """The newest notice's page."""
        return next((n.url for n in reversed(self.notices) if n.url), None)

    @property
    def stage(self) -> Stage:
        """Where the procurement stands."""
        return self.last.stage

    @property
    def place(self) -> Place:
        """The buyer's seat, else the site; the newest notice that gives one."""
        return self._newest("place") or self._newest("site") or Place()

    @property
    def site(self) -> Place:
        """Where the work is."""
        return self._newest("site") or Place()

    def _newest(self, name: str) -> Place | None:
        found: list[Place] = [getattr(n, name) for n in reversed(self.notices)]
        return next((place for place in found if place.state or place.city), None)

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """All classifications, each once."""
        return tuple(dict.fromkeys(code for n in self.notices for code in n.codes))

    @property
    def domains(self) -> tuple[str, ...]:
        """The web and mail domains of who buys."""
        return tuple(dict.fromkeys(domain for n in self.notices for domain in n.domains))


_AMENDMENT = re.compile(
    r"[\s,(\[:–-]*\b(?:amendment|amend(?:ed)?|addendum|modification|mod)\b\.?"
    r"\s*(?:no\.?|number|#|:|-)?\s*(?:0*\d{1,4}|one|two|three|four|five|six)?\s*[)\]]?[\s:–-]*",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"[\s,(\[:–-]*\b(?:re-?bid|re-?bidding|re-?advertise(?:d|ment)?|re-?solicitation|re-?solicited|re-?issued?"
    r"|re-?tender(?:ed)?|second (?:call|advertisement))\b\s*(?:no\.?|#)?\s*\d{0,2}\s*[)\]]?[\s:–-]*",
    re.IGNORECASE,
)


def without_amendment(title: str) -> str:
    """A title without the words that only say which amendment it is."""
    return _AMENDMENT.sub(" ", title).strip(" -–:,") or title


def says_rebid(text: str) -> re.Match[str] | None:
    """Where a text says in so many words that it is tendered again."""
    return _AGAIN.search(text)


def title_key(title: str) -> str:
    """What the titles of a tender and its re-bid have in common: no amendment, no year, no number in front."""
    plain = _AGAIN.sub(" ", without_amendment(title))
    words = name_key(plain).split()
    telling = [
        word for word in words if not re.fullmatch(r"(?:19|20)\d\d|(?:fy)\d\d(?:\d\d)?|rfp|rfq|ifb|itb|bid", word)
    ]
    # A number that has digits and leads or ends the title is the tender's own.
    while len(telling) > 3 and any(c.isdigit() for c in telling[0]):
        telling = telling[1:]
    while len(telling) > 3 and any(c.isdigit() for c in telling[-1]) and len(telling[-1]) > 3:
        telling = telling[:-1]
    return " ".join(telling)


_AMENDED_NUMBER = re.compile(r"(?:[\s/_-]+(?:amend(?:ment)?|addendum|mod)[\s._-]*\d{1,4}|\s+0\d{3})$", re.IGNORECASE)


def number_key(number: str | None, organisations: tuple[str, ...]) -> str | None:
    """The key of a solicitation number: capitals and digits alone, without an amendment's own number.

    A number that others use too ('1725', 'TEST') is told apart by who uses it. None where there is no number.
    """
    told = clean(number)
    if told is None:
        return None
    plain = re.sub(r"[^A-Z0-9]", "", _AMENDED_NUMBER.sub("", told).upper())
    if not plain or plain in {"NA", "TBD", "NONE"}:
        return None
    if len(plain) >= 7 and any(c.isdigit() for c in plain):
        return plain
    return f"{plain}@{name_key(organisations[0])}" if organisations else plain


def order_of(posted: str | None, day: date | None) -> str:
    """What the notices of a tender are sorted by."""
    return (clean(posted) or "")[:32] if day is None else day.isoformat() + (clean(posted) or "")[10:32]
