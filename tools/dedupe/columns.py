"""Which column means what, by its heading."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from tools.dedupe.knowledge import organisations


class Means(StrEnum):
    """What the engine can compare. A record may give several columns of one meaning: the first that is filled counts,
    but for `other_names`, which are all taken."""

    NAME = "name"
    OTHER_NAMES = "other_names"
    GIVEN = "given_name"
    SURNAME = "surname"
    FULL_NAME = "full_name"
    STREET_NUMBER = "street_number"
    STREET = "street"
    LOCALITY = "locality"
    CITY = "city"
    STATE = "state"
    ZIP = "zip"
    PHONE = "phone"
    EMAIL = "email"
    DOMAIN = "domain"
    LINKEDIN = "linkedin"
    BIRTH = "birth_date"
    NUMBER = "number"
    KIND = "kind"
    REGISTRY = "registry_id"


PERSONAL: Final = frozenset((Means.GIVEN, Means.SURNAME, Means.FULL_NAME, Means.BIRTH))

_HEADINGS: Final[tuple[tuple[Means, str], ...]] = (
    (Means.GIVEN, r"(given|first|fore)[ ]?names?|contact first name"),
    (Means.SURNAME, r"(sur|last|family)[ ]?name|contact last name"),
    (Means.FULL_NAME, r"full name|person( name)?|contact( name)?|contact full name"),
    (
        Means.NAME,
        r"(company|organi[sz]ation|account|institution|school|business|client|team|employer|college|university)"
        r"( name)?( for emails)?|name|instnm|legal name|associated company",
    ),
    (Means.OTHER_NAMES, r"(other|alternat(iv)?e|former|previous|short) names?|alias(es)?|ialias|also known as|aka|dba"),
    (Means.STREET_NUMBER, r"(street|house|building) (number|no)"),
    (
        Means.STREET,
        r"((company|mailing|business|hq) )?(street( address)?|addr(ess)?( (line )?1)?|adresse|addr1)",
    ),
    (Means.LOCALITY, r"addr(ess)? ?(line )?2|locality|district|addr2"),
    (Means.CITY, r"((company|mailing|hq) )?(city|town|suburb|municipality)"),
    (Means.STATE, r"((company|mailing|client|hq) )?(state( region)?|state cd|stabbr|province|region)"),
    (Means.ZIP, r"((company|mailing) )?(zip( ?code)?|post(al)? ?code|postcode)"),
    (
        Means.PHONE,
        r"((company|corporate|work|direct|mobile|office|business|main) )?(phone|telephone|tel|mobile)( number| 1)?"
        r"|gentele",
    ),
    (Means.EMAIL, r"((work|primary|business|personal) )?e ?mail( address)?( 1)?"),
    (
        Means.DOMAIN,
        r"((company|primary|email|web) )?domain( name)?|((company|primary) )?(web ?site|web ?addr(ess)?|url|homepage)"
        r"( url)?",
    ),
    (Means.LINKEDIN, r"((person|company|contact) )?linked ?in( (bio|profile|company page|page))?( url)?|profile url"),
    (Means.BIRTH, r"date of birth|birth ?(date|day)|dob|born"),
    (Means.NUMBER, r"(soc(ial)? sec(urity)?|ssn|tax|national|passport|licen[cs]e|vat)( (id|no|number))?"),
    (Means.KIND, r"(venue |org(anisation|anization)? |company )?type|industry|sector"),
)


def heading(column: str) -> str:
    """A column's heading in the form that the table above is written in."""
    return " ".join(re.sub(r"[^\w]+|_", " ", column.casefold()).split())


def guess(columns: Iterable[str]) -> dict[str, Means | None]:
    """What each column means; None where nobody knows, and it takes no part."""
    registries = organisations().registries
    found: dict[str, Means | None] = {}
    for column in columns:
        name = heading(column)
        if name in registries:
            found[column] = Means.REGISTRY
            continue
        found[column] = next((means for means, text in _HEADINGS if re.fullmatch(text, name)), None)
    return found


def are_people(meanings: Mapping[str, Means | None]) -> bool:
    """Whether the records are people rather than organisations."""
    return any(means in PERSONAL for means in meanings.values())
