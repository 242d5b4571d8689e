"""JSON from outside, read within bounds, and so that whatever it says can be kept.

`json.loads` alone lets through what nothing behind it can hold: NUL and halves of surrogate pairs, which no database
takes; numbers without bound, which PostgreSQL's JSON refuses; and it ends in three different errors.
"""

import json
import math
from typing import Any, Final

DEEPEST: Final = 100
"""Levels of nesting; what is deeper is no record of anything, and whoever walks through it would run out of stack."""


class BadJson(ValueError):
    """A text is no JSON, or none that can be kept; the message says why, and begins small."""


def read_json(text: str | bytes, *, strict: bool = True) -> Any:
    """What a JSON text says, `storable`. `strict` as in json.loads: whether a line break in a string is an error.

    Raises BadJson and nothing else.
    """
    try:
        return storable(json.loads(text, strict=strict))
    except json.JSONDecodeError as exc:
        raise BadJson(f"{exc.msg} at line {exc.lineno}, character {exc.colno}") from exc
    except RecursionError as exc:
        raise BadJson(TOO_DEEP) from exc
    except UnicodeDecodeError as exc:
        raise BadJson(f"it is not UTF-8 text (byte {exc.start})") from exc
    except ValueError as exc:
        if isinstance(exc, BadJson):
            raise
        raise BadJson("it holds a number of more than 4,300 digits") from exc  # the interpreter's own bound


TOO_DEEP: Final = f"it is nested more than {DEEPEST} levels deep"


def storable(value: Any, depth: int = 0) -> Any:
    """The value with U+FFFD for each NUL and each half of a surrogate pair, and null for a number that is none.

    A database takes none of these, so that one of them in a text would end whatever keeps it. Raises BadJson for a
    value that is nested deeper than DEEPEST.
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict | list):
        if depth >= DEEPEST:
            raise BadJson(TOO_DEEP)
        if isinstance(value, dict):
            return {storable(key): storable(inner, depth + 1) for key, inner in value.items()}
        return [storable(inner, depth + 1) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def storable_text(text: str) -> str:
    """The text with U+FFFD for each NUL and each half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
