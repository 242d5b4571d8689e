"""Small matters of English that templates need."""

import re

_AN_LETTERS = "AEFHILMNORSX"
_CONSONANT_SOUND = ("uni", "use", "user", "euro", "one", "ui ", "ux ")
_VOWEL_SOUND = ("hour", "honest", "honour", "heir")


def article(phrase: str) -> str:
    """'a' or 'an', by how the first word sounds: 'an SDET', 'a UI engineer', 'an engineer'."""
    first = phrase.split()[0] if phrase.split() else ""
    if not first:
        return "a"
    if first.isupper() and len(first) <= 5 and first.isalpha():
        return "an" if first[0] in _AN_LETTERS else "a"
    lower = phrase.lower()
    if lower.startswith(_VOWEL_SOUND):
        return "an"
    if lower.startswith(_CONSONANT_SOUND):
        return "a"
    return "an" if lower[0] in "aeiou" else "a"


def without_brackets(text: str) -> str:
    """'Augustana (IL)' as one says it: 'Augustana'."""
    return " ".join(re.sub(r"\s*\([^)]*\)", "", text).split())


def spoken_name(name: str) -> str:
    """An institution's name as one says it: 'Ohio State University-Main Campus' without its campus."""
    return without_brackets(name).removesuffix("-Main Campus").strip()


def sentences(text: str) -> list[str]:
    """The sentences of a text, each as it stands; a line break ends one too. Abbreviations such as 'St.' do not."""
    found: list[str] = []
    for line in text.splitlines():
        start = 0
        for match in re.finditer(r"[.!?]+[\"')\]]*\s+(?=[A-Z\"'(])", line):
            before = line[start : match.start()].split()
            if before and (before[-1].rstrip(".") in _ABBREVIATIONS or re.fullmatch(r"[A-Z]", before[-1])):
                continue
            found.append(line[start : match.end()].strip())
            start = match.end()
        if line[start:].strip():
            found.append(line[start:].strip())
    return found


_ABBREVIATIONS = frozenset(
    {"St", "Mt", "Ft", "Dr", "Mr", "Mrs", "Ms", "Jr", "Sr", "Inc", "Co", "Corp", "Ltd", "vs", "No"}
)
