"""Invented people: the same ones from the same organisations, whatever the machine or the Python."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from samples.builders.names import FIRST_NAMES, LAST_NAMES
from samples.builders.text import Row, ascii_fold

T = TypeVar("T")

CONTACT_COLUMNS: tuple[str, ...] = (
    "First Name",
    "Last Name",
    "Title",
    "Company",
    "Email",
    "Work Direct Phone",
    "City",
    "State",
    "Person Linkedin Url",
)

_NO_EMAIL_PER_MILLE = 50
_NO_TITLE_PER_MILLE = 10
_FICTIONAL_LINES = 100  # 555-0100 to 555-0199 are set aside for fiction

AREA_CODES: dict[str, tuple[str, ...]] = {
    "OH": ("614", "216", "513", "330", "419", "937", "740"),
    "IN": ("317", "219", "260", "574", "765", "812"),
    "PA": ("215", "412", "570", "610", "717", "814", "724"),
    "KY": ("502", "606", "859", "270"),
    "IL": ("312", "217", "309", "618", "630", "815", "847"),
    "CA": ("415", "650", "408", "628"),
    "NY": ("212", "646", "917"),
    "": ("206", "303", "404", "512", "617", "702", "919"),
}


def number(key: str) -> int:
    """A whole number that depends on the key alone (random.Random may change between Pythons)."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def pick(key: str, options: Sequence[T]) -> T:
    """One of the options, by the key alone."""
    return options[number(key) % len(options)]


def per_mille(key: str, share: int) -> bool:
    """True for `share` of a thousand keys."""
    return number(key) % 1000 < share


def example_domain(host: str) -> str:
    """The real host's name below `.example`, where nobody can be reached: osu.edu → osu.example.

    'co.uk' and the like are two labels: bank.co.uk → bank.example.
    """
    labels = host.split(".")
    kept = labels[:-2] if len(labels) > 2 and labels[-2] in {"co", "com", "org"} else labels[:-1]
    return ".".join([*kept, "example"])


@dataclass(frozen=True)
class Employer:
    """What an invented contact takes from their organisation. `key` tells organisations apart."""

    key: str
    name: str
    host: str
    city: str
    state: str


@dataclass
class People:
    """Invents people for one sample; no full name and no address comes twice."""

    seed: str
    _names: set[tuple[str, str]] = field(default_factory=set)
    _emails: set[str] = field(default_factory=set)
    _phones: set[str] = field(default_factory=set)

    def invent(self, employer: Employer, post: str, titles: Sequence[str]) -> Row:
        """A contact row for one post (such as 'director') at one organisation."""
        key = f"{self.seed}:{employer.key}:{post}"
        first, last = self._name(key)
        email = self._email(employer, first, last)
        title = pick(f"{key}:title", titles)
        return {
            "First Name": first,
            "Last Name": last,
            "Title": "" if per_mille(f"{key}:no-title", _NO_TITLE_PER_MILLE) else title,
            "Company": employer.name,
            "Email": "" if per_mille(f"{key}:no-email", _NO_EMAIL_PER_MILLE) else email,
            "Work Direct Phone": self._phone(key, employer.state),
            "City": employer.city,
            "State": employer.state,
            "Person Linkedin Url": "",
        }

    def _name(self, key: str) -> tuple[str, str]:
        attempt = 0
        while True:
            name = (pick(f"{key}:first:{attempt}", FIRST_NAMES), pick(f"{key}:last:{attempt}", LAST_NAMES))
            if name not in self._names:
                self._names.add(name)
                return name
            attempt += 1

    def _email(self, employer: Employer, first: str, last: str) -> str:
        """The house style of the organisation; first.last where that address is taken."""
        given, family = ascii_fold(first).lower(), ascii_fold(last).lower()
        styles = (f"{given}.{family}", f"{given[0]}{family}", f"{family}{given[0]}", f"{given}_{family}")
        style = pick(f"{self.seed}:{employer.key}:style", (0, 0, 1, 1, 2, 3))
        domain = example_domain(employer.host)
        for local in (styles[style], *styles):
            address = f"{local}@{domain}"
            if address not in self._emails:
                self._emails.add(address)
                return address
        raise ValueError(f"every address for {first} {last} at {domain} is taken")

    def _phone(self, key: str, state: str) -> str:
        area_codes = AREA_CODES.get(state, AREA_CODES[""])
        start = number(f"{key}:line")
        for step in range(_FICTIONAL_LINES * len(area_codes)):
            area = area_codes[(start + step // _FICTIONAL_LINES) % len(area_codes)]
            phone = f"({area}) 555-01{(start + step) % _FICTIONAL_LINES:02d}"
            if phone not in self._phones:
                self._phones.add(phone)
                return phone
        raise ValueError(f"no fictional telephone number is left for {state or 'the other states'}")
