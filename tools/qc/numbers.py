"""Amounts in a text however written: '2 million', '2,000,000' and '2M' are one; so are 'three' and '3'."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tools.qc.support import WORD_NUMBERS

_SCALE: Final = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9}
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d+(?:,\d+)*(?:\.\d+)?)(?:\s*(?P<scale>thousand|million|billion|bn"
    r"|[kKmM])\b)?(?P<ordinal>st|nd|rd|th)?"
    r"(?![A-Za-z])|\b(?P<word>" + "|".join(WORD_NUMBERS) + r")\b(?:[\s-]+(?P<scale2>thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_ROUGHLY = re.compile(
    r"\b(?P<how>over|more than|above|at least|upwards of|nearly|almost|close to|just under|about|around|roughly|some"
    r"|approximately|or so)\s+\$?$",
    re.IGNORECASE,
)
_TIME_AFTER = re.compile(
    r"[\s-]*(?:minutes?|mins?|hours?|o['’]clock|[ap]\.?m\b|days?|weeks?|months?|quarters?|years?|sentences?"
    r"|lines?|seconds?)",
    re.IGNORECASE,
)
MONTH: Final = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)\w*"
_DATE_BEFORE = re.compile(rf"\b{MONTH}\.?\s+$", re.IGNORECASE)
_DATE_AFTER = re.compile(rf"(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}", re.IGNORECASE)


class Amount(NamedTuple):
    """A number of a text: its value, where it stands, and whether it was written as a word."""

    value: float
    start: int
    end: int
    worded: bool


def amounts(text: str) -> Iterator[Amount]:
    """The numbers of a text in order. 'one' is none: it is said too often of no number."""
    for match in _NUMBER.finditer(text):
        if match["word"]:
            scale = _SCALE.get((match["scale2"] or "").lower(), 1)
            yield Amount(WORD_NUMBERS[match["word"].lower()] * scale, match.start(), match.end(), True)
            continue
        digits = match["digits"].replace(",", "").rstrip(".")
        yield Amount(float(digits) * _SCALE.get((match["scale"] or "").lower(), 1), match.start(), match.end(), False)


def values(text: str) -> set[float]:
    """The values of a text's numbers, of those too that letters stand before, as in 'FY2025'."""
    plain = {float(found.replace(",", "")) for found in re.findall(r"(?<=[A-Za-z])\d[\d,]*", text)}
    return {amount.value for amount in amounts(text)} | plain


_NEAR = 60
"""Characters before a number that may say how exact it is."""


def backed(text: str, amount: Amount, known: set[float], year: int | None) -> bool:
    """Whether a number is a known one, an honest rounding of one, or the years gone by since a known year."""
    if amount.value in known:
        return True
    since = {year - then for then in known if year and 1600 < then <= year}
    match = _ROUGHLY.search(text[max(0, amount.start - _NEAR) : amount.start])
    if amount.value in since or (match and {amount.value - 1, amount.value + 1} & since):
        return True
    if match is None:
        return False
    how = match["how"].lower()
    most = 1.0 if how in ("over", "more than", "above", "at least", "upwards of") else 1.1
    least = 1.0 if how in ("nearly", "almost", "just under", "close to") else 0.9
    return any(least <= amount.value / value <= most for value in known | since if value)


def is_a_time(text: str, amount: Amount) -> bool:
    """Whether it is a length of time or a time of day."""
    return _TIME_AFTER.match(text[amount.end :]) is not None


def is_a_date(text: str, amount: Amount) -> bool:
    """Whether it is the day of a month."""
    before, after = text[: amount.start], text[amount.end :]
    return amount.value <= 31 and bool(_DATE_BEFORE.search(before) or _DATE_AFTER.match(after))
