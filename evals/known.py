"""What a case may not say: the people and organisations that the database knows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Account, Contact, Prospect
from evals.anonymise import strings_in
from tools.wording import spoken_name

EVERYBODY: Final = {"include_deleted": True}


class LeftOut(Exception):
    """A correction makes no case; the message says why, in a few words that say nothing of anybody."""


Make = Callable[[], dict[str, Any]]
Found = Iterator[tuple[str, Make]]
"""What a correction is known by, and what makes a case of it (or raises LeftOut)."""


@dataclass(frozen=True)
class KnownNames:
    """What the database knows of people and organisations: none of it may stand in a case."""

    names: frozenset[str]
    words: frozenset[str]
    longest: int

    @classmethod
    def of(cls, session: Session) -> "KnownNames":
        """Reads them all, the deleted ones too."""
        found: set[str] = set()
        people = select(Contact.full_name, Contact.email, Contact.phone, Contact.linkedin_url)
        for row in session.execute(people.execution_options(**EVERYBODY)):
            found.update(value for value in row if value)
        places = select(Prospect.name, Prospect.stadium_name, Prospect.address)
        for place in session.execute(places.execution_options(**EVERYBODY)):
            found.update(value for value in place if value)
        for name, domain in session.execute(select(Account.name, Account.domain).execution_options(**EVERYBODY)):
            found.update(value for value in (name, spoken_name(name), domain) if value)
        folded = {" ".join(_tokens(value)) for value in found}
        folded.discard("")
        people_words = {
            word
            for first, last in session.execute(
                select(Contact.first_name, Contact.last_name).execution_options(**EVERYBODY)
            )
            for word in _tokens(f"{first} {last}")
        }
        return cls(frozenset(folded), frozenset(people_words), max((len(name.split()) for name in folded), default=0))

    def refuse(self, case: dict[str, Any]) -> None:
        """Raises LeftOut where something known stands in the case after all."""
        for text in strings_in(case):
            words = _tokens(text)
            for start in range(len(words)):
                for end in range(start + 1, min(start + self.longest, len(words)) + 1):
                    if " ".join(words[start:end]) in self.names:
                        raise LeftOut("somebody known is named")


def _tokens(text: str) -> list[str]:
    return "".join(c.lower() if c.isalnum() or c in "@." else " " for c in text).replace(". ", " ").split()
