"""Cells of a table that a spreadsheet program may open: none of them is taken for a formula."""

import re
from typing import Final

# What programs skip before they look at the first character, and the characters that begin a formula (OWASP, CSV
# injection): also in full width, as small forms, and as the minus sign proper.
_BLANK: Final = r"[\s\u00a0\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0e-\x1f]*"
_STARTS: Final = "=+\\-@\t\r\n|\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_FORMULA: Final = re.compile(f"'*(?:[\t\r\n]|{_BLANK}[{_STARTS}])")


def harmless(value: object) -> str:
    """The value as a cell's text; where it would be taken for a formula, with an apostrophe before it.

    A text that has an apostrophe before such a beginning already gets one more, so that `as_it_was` can always tell.
    None is an empty cell.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def as_it_was(cell: str) -> str:
    """What `harmless` was given for this cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
