"""What a school's division says: which `venue_type` it is, its class in words, and whether it plays football."""

import re

from db.enums import VenueType

_DIVISIONS = (
    (r"(iii|3)", VenueType.COLLEGE_D3),
    (r"(ii|2)", VenueType.COLLEGE_D2),
    (r"(i|1)(-?(a|aa|aaa))?", VenueType.COLLEGE_D1),
)
# The Equity in Athletics Disclosure Act's file gives numbers; its data dictionary says what they mean.
_EADA = {
    "1": "NCAA Division I-FBS", "2": "NCAA Division I-FCS", "3": "NCAA Division I (without football)",
    "4": "NCAA Division II (with football)", "5": "NCAA Division II (without football)",
    "6": "NCAA Division III (with football)", "7": "NCAA Division III (without football)", "9": "NAIA", "10": "NAIA",
    "12": "NJCAA Division I", "13": "NJCAA Division II", "14": "NJCAA Division III", "15": "NCCAA Division I",
    "16": "NCCAA Division II",
}  # fmt: skip
_CLASSES = {
    "6a": VenueType.HIGH_SCHOOL_6A,
    "5a": VenueType.HIGH_SCHOOL_5A,
    "4a": VenueType.HIGH_SCHOOL_4A,
    "3a": VenueType.HIGH_SCHOOL_3A,
}
_OTHER_CLASSES = {"1a", "2a", "7a", "a", "b"}


def spelled_out(division: str | None, column: str | None) -> str | None:
    """A division in words, where the column is the one in which EADA writes it as a number."""
    if division is None or column is None or column.casefold() != "classification name":
        return division
    return _EADA.get(division.removesuffix(".0"), division)


def venue_type(division: str | None, sanction: str | None, name: str) -> str | None:
    """SB, prospects.venue_type, from 'NCAA Division III (with football)', 'NAIA', 'D2', '5A'; None where unclear."""
    text = " ".join((division or "").casefold().replace(".", "").split())
    both = f"{text} {(sanction or '').casefold()}"
    # NAIA had divisions I and II of its own, so it goes first.
    if re.search(r"\bnaia\b", both):
        return VenueType.COLLEGE_NAIA.value
    if re.search(r"\b(njcaa|nccaa|uscaa|cccaa|nwac)\b", both):
        return None
    school = re.fullmatch(r"(?:class |ohsaa |division )?(\d?[ab])(?: high school)?", text)
    if school and school[1] in _CLASSES:
        return _CLASSES[school[1]].value
    if (school and school[1] in _OTHER_CLASSES) or re.search(r"\bhigh school\b", f"{text} {name.casefold()}"):
        return VenueType.HIGH_SCHOOL_OTHER.value
    if re.search(r"\b(fbs|fcs)\b", text):
        return VenueType.COLLEGE_D1.value
    for roman, kind in _DIVISIONS:
        if re.fullmatch(roman, text) and not text.isdigit():
            return kind.value
        if re.search(rf"\b(division|div|d)[ -]?{roman}\b", text):
            return kind.value
    return None


def classification(division: str | None) -> str | None:
    """The class in words, without the remark on football: 'NCAA Division III', '5A'."""
    return re.sub(r"\s*\([^)]*\)\s*$", "", division).strip() or None if division else None


def plays_football(division: str | None) -> bool:
    """Whether a division's text says so; saying nothing is not saying no, and gives False as well."""
    text = (division or "").casefold()
    return bool(re.search(r"\(with football\)|\bfbs\b|\bfcs\b", text))
