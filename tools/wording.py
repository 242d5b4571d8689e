"""Small matters of English that templates need."""

import re

_NUMBER = re.compile(r"\d[\d,.]*")
_SPELLED_OUT = (("Sr", "Senior"), ("Jr", "Junior"), ("Mgr", "Manager"), ("Engr", "Engineer"), ("Dir", "Director"))
_AN_LETTERS = "AEFHILMNORSX"
_CONSONANT_SOUND = ("uni", "use", "user", "euro", "one", "ui ", "ux ")
_VOWEL_SOUND = ("hour", "honest", "honour", "heir")
_MAIN_CAMPUS = re.compile(r"\s*-?\s*\bMain Campus$|-(\w+) Campus$")
_BRANCH = re.compile(r"\b(University|College)\s*-\s*(?=[A-Z])")
_NAMED_BRANCH = re.compile(r"^.*\bUniversity-(?=\w+ \w+ \w+)")  # 'Pennsylvania State University-Penn State Altoona'
_AT_ITSELF = re.compile(r"(?P<name>(?P<place>\w+)\b.*) at (?P=place)")
_WITH_THE = re.compile(r"\b(?:Bowl|Dome|Coliseum|Oval|Complex|Center|Centre|Grounds|Sportsplex)$")


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


def numbers_in(text: str) -> set[str]:
    """The numbers of a text without separators: '102,780' and '102780' are one."""
    return {n.replace(",", "").rstrip(".") for n in _NUMBER.findall(text)}


def spelled_out(title: str) -> str:
    """A title with its short forms in full: 'Sr QA Engineer' is a Senior QA Engineer."""
    for short, full in _SPELLED_OUT:
        title = re.sub(rf"\b{short}\b\.?", full, title)
    return title


def without_brackets(text: str) -> str:
    """'Augustana (IL)' as one says it: 'Augustana'."""
    return " ".join(re.sub(r"\s*\([^)]*\)", "", text).split())


def spoken_name(name: str) -> str:
    """An institution's name as one says it: 'Ohio State University-Main Campus' without its campus, 'Indiana
    University-Bloomington' without its hyphen, 'Kent State University at Kent' without saying Kent twice."""
    plain = without_brackets(name)
    plain = _MAIN_CAMPUS.sub("", plain)
    plain = _NAMED_BRANCH.sub("", plain)
    plain = _BRANCH.sub(r"\1 ", plain)
    if match := _AT_ITSELF.fullmatch(plain):
        return match["name"].strip()
    return plain.strip()


def spoken_venue(name: str) -> str:
    """A venue as one says it within a sentence: 'the Glass Bowl', but 'Dix Stadium'."""
    plain = without_brackets(name)
    return f"the {plain}" if _WITH_THE.search(plain) and not plain.lower().startswith("the ") else plain


def capitalised(text: str) -> str:
    """As it stands at the start of a sentence."""
    return text[:1].upper() + text[1:]


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
