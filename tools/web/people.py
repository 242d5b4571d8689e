"""People that a staff page lists, as suggestions for a person to accept: nobody found here is written to by itself.

Each has the words of the page that name them. An address is taken only where it is printed or linked as it is: one
that the page hides from collectors (scripts, images, '[at]') is not unpacked.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tools.web.sites import site_of

MOST: Final = 200
_CARD_TEXT: Final = 600
_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w@-])")
_PHONE = re.compile(
    r"(?<![\d-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?:\s*(?:x|ext\.?)\s*\d{1,6})?(?!\d)"
)
_ROLE: Final = (
    r"director|coach|coordinator|manager|president|provost|dean|chancellor|superintendent|principal|officer|trainer|"
    r"secretary|assistant|associate|administrator|supervisor|head|chief|engineer|developer|architect|analyst|founder|"
    r"specialist|advisor|counselor|teacher|professor|lecturer|treasurer|chair|commissioner|operator|groundskeeper|"
    r"custodian|technician|consultant|partner|vp|ceo|cto|cfo|coo|cio|qa|sdet|lead|owner|recruiter|registrar|bursar"
)
_TITLE = re.compile(rf"\b(?:{_ROLE})s?\b", re.IGNORECASE)
_HONORIFIC = re.compile(r"^(?:Dr|Mr|Mrs|Ms|Mx|Prof|Coach|Rev|Fr|Sr)\.?\s+")
_SUFFIX = re.compile(r",?\s+(?:Jr|Sr|II|III|IV|Ph\.?\s?D|Ed\.?\s?D|M\.?B\.?A|CMAA|ATC|CPA|Esq|M\.?S|M\.?Ed)\.?(?=,|$)")
_WORD = r"(?:[^\W\d_a-z][^\W\d_]*(?:['’-][^\W\d_]+)*|[^\W\d_a-z]\.)"
_NAME = re.compile(rf"{_WORD}(?:\s+(?:{_WORD}|del?|della|van|von|de[rn]|l[ae]|d[ai]|bin|al|\"[^\"]{{2,12}}\")){{1,4}}")
_NO_NAME = re.compile(
    r"\b(?:staff|directory|department|athletics?|sports?|office|contact|email|e-mail|phone|team|school|college|"
    r"university|about|news|home|search|menu|skip|content|read|more|learn|click|here|our|the|and|of|view|bio|profile|"
    r"full|facilities|academic|student|services|human|resources|main|campus|street|avenue|road|hall|center|stadium|"
    r"field|building|box|united|states|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|"
    r"march|april|june|july|august|september|october|november|december|privacy|policy|terms|engineering|quality|"
    r"assurance|software|marketing|sales|finance|operations|development|football|baseball|softball|basketball|soccer|"
    r"volleyball|track|swimming|tennis|golf|lacrosse|hockey|wrestling|men|women|boys|girls|name|title|position|"
    r"top|photo|gallery|most|popular|related|articles?|image|enlarge|pictures?|introducing|meet|executive|management|"
    r"board|just|say|no|not|company|town|workplaces|video|watch|share|follow|subscribe|sign|log|advertisement)\b",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"\b(?:who|that|this|says|said|how|why|what|is|are|was|were|named|you|your|we|i|he|she|it|his|her|directors|"
    r"board of|contact|meet|our|all|these|those|has|have|will|can|back to|view|search)\b|['’]",
    re.IGNORECASE,
)
_SMALL = frozenset({"of", "and", "for", "the", "to", "in", "at", "&", "/", "-", "–", "on", "with"})
_STAFF = re.compile(
    r"staff|team|people|person|directory|faculty|leadership|member|bio\b|profile|employee|coach", re.IGNORECASE
)
_LABEL = re.compile(r"^(?:e-?mail|phone|tel|office|cell|fax|title|position|name)\s*:\s*", re.IGNORECASE)
_ROWS: Final = frozenset({"tr", "li", "article", "section", "div", "dl", "td", "p", "figure", "address"})


@dataclass(frozen=True)
class Person:
    """Somebody a page names with a title. `quote` stands in what a visitor sees, line breaks as in `Page.text`."""

    name: str
    title: str
    quote: str
    email: str | None = None
    phone: str | None = None
    profile_url: str | None = None


def name_in(text: str) -> str | None:
    """The person's name that a short text consists of, without honorific and degrees; 'Last, First' is turned."""
    text = " ".join(text.split()).strip(" |,;:-–—")
    if not 4 <= len(text) <= 60 or "@" in text or _TITLE.search(text) or _NO_NAME.search(text):
        return None
    text = _SUFFIX.sub("", _HONORIFIC.sub("", text)).strip(" ,")
    last, comma, first = text.partition(", ")
    if comma and " " not in last.strip() and first and "," not in first:
        text = f"{first} {last}"
    letters = text.replace(" ", "")
    if letters.isupper() and len(letters) > 3:
        text = " ".join(part.capitalize() for part in text.split())
    return text if _NAME.fullmatch(text) else None


def title_in(text: str) -> str | None:
    """The job title that a short text consists of."""
    text = _LABEL.sub("", " ".join(text.split()).strip(" |,;:-–—"))
    if not 2 <= len(text) <= 140 or "@" in text or not _TITLE.search(text) or text.endswith((".", "?", "!")):
        return None
    words = text.split()
    plain = [word for word in words if word.islower() and word not in _SMALL]
    if len(words) > 14 or (plain and len(words) > 5) or _NO_TITLE.search(text):
        return None
    return text if sum(c.isdigit() for c in text) <= 2 and text[:1].isupper() else None


def find_people(tree: Any, visible: str, url: str | None) -> list[Person]:
    """The people of a page, each once, in its order: one card, row or line a person, with a name and a title in it.

    A name and a title alone make nobody: there must be a way to reach them beside it, or markup that says staff, or
    three people at least in the same kind of element. News pages have names and titles everywhere.
    """
    found: dict[str, tuple[Person, str, bool]] = {}
    for element in tree.iter(*_ROWS):
        if len(found) >= MOST:
            break
        pieces = _pieces(element)
        if pieces is None:
            continue
        person = _from_pieces(pieces, element, visible, url)
        if person is not None and person.name.casefold() not in found:
            sure = bool(person.email or person.phone or person.profile_url) or _marked(element)
            found[person.name.casefold()] = (person, _kind(element), sure)
    kinds = Counter(kind for _, kind, _ in found.values())
    return [person for person, kind, sure in found.values() if sure or kinds[kind] >= 3]


def _kind(element: Any) -> str:
    """What siblings of one list have in common: the element and its class."""
    return f"{element.tag}.{element.get('class') or ''}"


def _marked(element: Any) -> bool:
    """Whether the element or one of the four around it is named as staff."""
    for _ in range(5):
        if element is None or element.tag in ("body", "html"):
            return False
        if _STAFF.search(f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemtype') or ''}"):
            return True
        element = element.getparent()
    return False


def _pieces(element: Any) -> list[str] | None:
    """The texts of a small element, in order; None where it is too large to be about one person."""
    pieces: list[str] = []
    size = 0
    for text in element.itertext():
        if stripped := " ".join(text.split()):
            size += len(stripped)
            if size > _CARD_TEXT or len(pieces) > 24:
                return None
            pieces.append(stripped)
    return pieces if len(pieces) > 1 or " – " in "".join(pieces) or "," in "".join(pieces) else None


def _from_pieces(pieces: list[str], element: Any, visible: str, url: str | None) -> Person | None:
    parts = [part for piece in pieces for part in _split(piece)]
    names = [(i, name) for i, part in enumerate(parts) if (name := name_in(part))]
    if len(names) != 1:
        return None
    at, name = names[0]
    titles = [(i, title) for i, part in enumerate(parts) if i != at and (title := title_in(part))]
    if not titles or len(titles) > 3:
        return None
    # The title stands next to the name; after it, rather than before.
    place, title = min(titles, key=lambda t: (abs(t[0] - at), t[0] < at))
    if abs(place - at) > 3:
        return None
    quote = _quote(parts[min(at, place)], parts[max(at, place)], visible)
    if quote is None:
        return None
    joined = " ".join(pieces)
    emails = {*_EMAIL.findall(joined), *_mailto(element)}
    phone = _PHONE.search(joined)
    return Person(
        name,
        title,
        quote,
        email=emails.pop() if len({e.lower() for e in emails}) == 1 else None,
        phone=phone[0] if phone else None,
        profile_url=_profile(element, name, url),
    )


def _split(piece: str) -> Iterator[str]:
    """'Dana Whitlock, Athletic Director' is a name and a title; 'Whitlock, Dana' and 'Director, Facilities' are one."""
    if name_in(piece):
        yield piece
        return
    for mark in (" – ", " — ", " - ", " | ", ", ", ": "):
        head, found, tail = piece.partition(mark)
        if found and name_in(head) and title_in(tail):
            yield head
            yield tail
            return
    yield piece


def _quote(first: str, last: str, visible: str) -> str | None:
    """The shortest stretch of the visible text from one piece to the other, at most three lines and 300 characters."""
    end = visible.find(last)
    while end >= 0:
        start = visible.rfind(first, max(0, end - 300), end)
        if start >= 0 and visible.count("\n", start, end) <= 3:
            return visible[start : end + len(last)]
        end = visible.find(last, end + 1)
    return None


def _mailto(element: Any) -> Iterator[str]:
    for link in element.iter("a"):
        href = link.get("href") or ""
        if href[:7].lower() == "mailto:" and (match := _EMAIL.fullmatch(href[7:].split("?", 1)[0].strip())):
            yield match[0]


def _profile(element: Any, name: str, url: str | None) -> str | None:
    """The person's own page: a link on the name, to the same site or to LinkedIn."""
    if url is None:
        return None
    here = httpx.URL(url)
    for link in element.iter("a"):
        href = (link.get("href") or "").strip()
        if not href or len(href) > 1_000 or ":" in href.split("/", 1)[0].replace("https:", "").replace("http:", ""):
            continue
        try:
            target = here.join(href).copy_with(fragment=None)
        except (httpx.InvalidURL, ValueError, UnicodeError):
            continue
        site = site_of(target.host)
        person = site == "linkedin.com" and target.path.startswith("/in/")
        own = site == site_of(here.host) and name_in(" ".join(link.itertext())) == name
        if target.scheme in ("http", "https") and not target.userinfo and target != here and (person or own):
            return str(target)
    return None
