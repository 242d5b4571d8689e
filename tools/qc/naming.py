"""What an organisation may be called in a letter, from its name alone."""

import re
from collections.abc import Iterable

from tools.wording import spoken_name

_ENDS = re.compile(
    r"[\s,]+(?:University|College|High School|School District|Schools?|Academy|Institute|Inc|Incorporated|Ltd"
    r"|Limited|LLC"
    r"|Corp|Corporation|Co|GmbH|Software|Labs|Technologies|Systems|Group|Holdings|Company|Solutions)\.?$"
)
_VENUE = re.compile(
    r"\b(?:the\s+)?((?:[A-Z][\w'’&.-]*\s+){1,4}(?:Stadium|Field|Park|Bowl|Arena|Complex|Center|Coliseum|Dome"
    r"|Grounds|Ballpark|Track))\b"
)
_NOT_A_START = re.compile(r"^(?:The|At|In|On|And|Home|Stadium|Venue|Of)\s+")


def names_of(name: str) -> tuple[str, ...]:
    """Its name, as one says it, and without what it ends in: 'Harbor College', 'Harbor'; '' has none."""
    found = [name.strip(), spoken_name(name.strip())]
    if match := re.fullmatch(r"(?:The\s+)?(?:University|College) of (?P<place>.+)", name.strip()):
        found.append(match["place"])
    short = found[1]
    while (cut := _ENDS.sub("", short)) != short and len(cut) > 2:
        found.append(cut)
        short = cut
    words = name.split()
    if len(words) > 2:
        found.append("".join(word[0] for word in words if word[:1].isupper()))
    return tuple(dict.fromkeys(n for n in found if len(n) > 2 or n == name))


def venues_in(texts: Iterable[str]) -> list[str]:
    """The venues that texts name: 'Lakeside Field', 'the Glass Bowl'."""
    found = []
    for text in texts:
        for match in _VENUE.finditer(text):
            venue = match[1].strip()
            venue = re.sub(r"^.*['’]s?\s+", "", venue)
            while (cut := _NOT_A_START.sub("", venue)) != venue:
                venue = cut
            if len(venue.split()) > 1:
                found.append(venue)
    return list(dict.fromkeys(found))
