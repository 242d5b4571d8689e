"""Takes people and organisations out of texts: the same one becomes the same invented one, within one case.

Names, addresses and places that the rows know are replaced wherever they stand; addresses, links, telephone numbers
and streets by their form. What is left over is then looked at: a word with a capital that could be somebody's name
makes the whole case doubtful, and doubtful cases are left out. Stand-ins are given in the order in which things occur
and are not made from what they stand for, so nothing can be read out of them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

_FIRST: Final = re.findall(r"\S+", "Rowan Ellis Marlow Tamsin Corin Isla Bram Petra Orin Saskia Alaric Linnet")
_LAST: Final = re.findall(r"\S+", "Thornby Keswell Aldane Morrow Pellam Quire Straken Velden Ostrel Harn Loxby Wend")
_PROPER: Final = re.findall(
    r"\S+",
    "Larkmere Oxholt Brindle Tavenor Eskmoor Quarrel Fennick Hallow Stavely Corvane Dunmere Wexley",
)
_KINDS: Final = frozenset(
    re.findall(
        r"\S+",
        """a an and at for in of on the university college school high hs middle academy institute state community city
        county district public technical junior senior north south east west northern southern eastern western main
        campus saint st inc llc ltd co corp corporation company group systems software labs technologies solutions
        stadium field park bowl arena center centre complex memorial conference league association athletic athletics
        athletes department schools""",
    )
)
"""Words that say of what kind something is. They stay: what makes two names alike or not is often here."""
_SAFE: Final = frozenset(
    re.findall(
        r"\S+",
        """i i'm i'll i'd i've monday tuesday wednesday thursday friday saturday sunday january february march april
        may june july august september october november december english spring summer fall autumn winter ad led qa ceo
        cto cfo vp sdet d1 d2 d3 naia ncaa ok pm am pto pdf re fw fwd us usa est edt cst pst rfp roi faq ai it hr crm
        api""",
    )
)
_CLOSING: Final = frozenset(re.findall(r"\S+", "best thanks thank regards cheers sincerely hi hello dear hey yes no"))
_EMAIL: Final = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|io|us|co|ai)\b\S*", re.I
)
_PHONE: Final = re.compile(r"(?<![\w.-])(?:\+?\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3,4}[ .-]?\d{3,4}(?![\w-])")
_STREET: Final = re.compile(
    r"\b\d{1,5} (?:[A-Z][\w.'-]+ ){1,3}(?:St(?:reet)?|Ave(?:nue)?|R(?:oa)?d|Dr(?:ive)?|Blvd|Lane|Ln|Way|Pike)\b\.?"
)
_FIGURE: Final = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w])|(?<![\w.,-])\d{4,}(?![\w-])")
_WORD: Final = re.compile(r"[^\W\d_][\w'’-]*")


class Anonymous:
    """The stand-ins of one case. `people` are (first, last name) as rows have them, `names` those of organisations,
    venues and places, `taken` words that no stand-in may be, `keep` texts whose words are nobody's
    secret; the case's texts are then given to `text`."""

    def __init__(
        self,
        people: Iterable[tuple[str, str]],
        names: Iterable[str],
        *,
        taken: frozenset[str] = frozenset(),
        keep: Iterable[str] = (),
    ) -> None:
        self._keep = {word.lower() for text in keep for word in _WORD.findall(text)}
        self._given: dict[str, str] = {}
        self._free = {kind: [w for w in words if w.lower() not in taken] for kind, words in _LISTS.items()}
        self._forms: dict[tuple[str, str], str] = {}
        for first, last in people:
            for word in _WORD.findall(first):
                self._name(word, "first")
            for word in _WORD.findall(last):
                self._name(word, "last")
        for name in names:
            for word in _WORD.findall(name):
                if word.lower() not in _KINDS:
                    self._name(word, "proper")

    def _name(self, word: str, kind: str) -> str:
        key = word.lower()
        if key not in self._given:
            free = self._free[kind]
            self._given[key] = free.pop(0) if free else f"{_LISTS[kind][0]}{len(self._given)}"
        return self._given[key]

    def text(self, text: str) -> str:
        """A text with stand-ins."""
        text = _EMAIL.sub(lambda m: self.email(m[0]), text)
        text = _LINK.sub(lambda m: m[0] if ".example" in m[0] else self._form("link", m[0]), text)
        text = _PHONE.sub(lambda m: self._form("phone", m[0]), text)
        text = _STREET.sub(lambda m: self._form("street", m[0]), text)
        text = _FIGURE.sub(lambda m: self._figure(m[0]), text)
        return self.words(text)

    def words(self, text: str) -> str:
        """A text with the known words replaced, in the case that they are written in."""

        def stand_in(found: re.Match[str]) -> str:
            word, rest = found[0], ""
            for end in ("'s", "’s"):
                if word.lower().endswith(end):
                    word, rest = word[: -len(end)], word[-len(end) :]
            given = self._given.get(word.lower())
            if given is None and "-" in word:
                return "-".join(self.words(part) for part in word.split("-")) + rest
            if given is None:
                return found[0]
            return (
                given.upper() if word.isupper() and len(word) > 1 else given if word[0].isupper() else given.lower()
            ) + rest

        return _WORD.sub(stand_in, text)

    def email(self, address: str) -> str:
        """A stand-in for an address; its domain is the stand-in of that domain."""
        local, _, domain = address.lower().rpartition("@")
        parts = [self._given.get(part) for part in re.split(r"[._-]", local)]
        known = [part.lower() for part in parts if part]
        name = ".".join(known) if len(known) == len(parts) else self._form("box", local)
        return f"{name}@{self.domain(domain)}"

    def domain(self, domain: str) -> str:
        """A stand-in for a domain."""
        return self._form("domain", domain.lower().removeprefix("www."))

    def phone(self, number: str) -> str:
        """A stand-in for a telephone number."""
        return self._form("phone", number)

    def street(self, address: str) -> str:
        """A stand-in for an address of a house."""
        return self._form("street", address)

    def _form(self, kind: str, value: str) -> str:
        key = (kind, re.sub(r"\D", "", value) if kind == "phone" else value.lower())
        if key not in self._forms:
            number = sum(k == kind for k, _ in self._forms) + 1
            self._forms[key] = {
                "link": f"https://site{number}.example/page",
                "phone": f"(555) 555-01{number:02d}",
                "street": f"{number}0 Mill Street",
                "box": f"box{number}",
                "domain": f"site{number}.example",
            }[kind]
        return self._forms[key]

    def _figure(self, figure: str) -> str:
        plain = figure.replace(",", "")
        if len(plain) == 4 and 1800 <= int(plain) <= 2100 and "," not in figure:
            return figure  # a year
        number = sum(kind == "figure" for kind, _ in self._forms) + 1
        given = self._forms.setdefault(("figure", plain), str(10 ** (len(plain) - 1) + 7 * number))
        return f"{int(given):,}" if "," in figure else given

    def doubtful(self, text: str) -> list[str]:
        """The words of an anonymised text that may still be the name of somebody or something."""
        return list(dict.fromkeys(self._doubts(text)))

    def _doubts(self, text: str) -> Iterator[str]:
        ours = {word.lower() for word in self._given.values()} | self._keep
        plain = _EMAIL.sub(" ", re.sub(r"https?://site\d+\.example/page|site\d+\.example|Mill Street", " ", text))
        if re.search(r"[^\x00-\u024f\u2000-\u206f\u20a0-\u20bf\u2190-\u2bff\ufe0f\U0001f300-\U0001faff]", plain):
            yield "another script"
        for line in plain.splitlines():
            words = list(_WORD.finditer(line))
            for place, found in enumerate(words):
                word = found[0].removesuffix("'s").removesuffix("’s")
                low = word.lower()
                if not word[0].isupper() or low in ours or low in _SAFE or set(low.split("-")) <= _KINDS | ours | _SAFE:
                    continue
                before = line[: found.start()].rstrip(" \"'“‘(>*-")
                begins = not before or before[-1] in ".!?:;"
                alone = len(words) <= 2 and line.strip()[-1:] not in ".!?" and low not in _CLOSING
                if (
                    not begins
                    or alone
                    or (low not in ordinary_words() and low not in _CLOSING)
                    or (place + 1 < len(words) and _could_be_a_name(words[place + 1][0], ours))
                ):
                    yield word


_LISTS: Final = {"first": _FIRST, "last": _LAST, "proper": _PROPER}


def _could_be_a_name(word: str, ours: set[str]) -> bool:
    low = word.lower()
    return word[0].isupper() and low not in _SAFE | _KINDS and low not in ours


@cache
def ordinary_words() -> frozenset[str]:
    """Words that stand in small letters somewhere in the shipped cases, playbooks and prompts: no names."""
    root = Path(__file__).parents[1]
    found: set[str] = set()
    for pattern in ("evals/**/*.jsonl", "playbooks/**/*.toml", "prompts/**/*.md"):
        for path in root.glob(pattern):
            found.update(re.findall(r"(?<![\w@.])[a-zà-ž][a-zà-ž'’-]+(?![\w@])", path.read_text(encoding="utf-8")))
    return frozenset(found)


def strings_in(value: Any) -> Iterator[str]:
    """All strings of a case, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
