"""Regular expressions in a playbook's files."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

LONGEST: Final = 20_000
"""Characters of a pattern, with what its terms stand for written out."""


def _compiles(pattern: str) -> str:
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern has more than {LONGEST:,} characters: '{pattern[:40]}…'")
    try:
        re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as exc:
        raise ValueError(f"'{pattern}' is no regular expression: {exc}") from exc
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A Python regular expression, matched without regard to case."""
