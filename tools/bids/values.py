"""Values of a JSON record from outside, each read as the kind that is wanted, whatever was sent in its place."""

from collections.abc import Mapping
from typing import Any

from tools.normalise import clean


def text_of(value: object) -> str | None:
    """One line of text, of a number too; None for blanks and for anything else."""
    return clean(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def object_of(value: object) -> Mapping[str, Any]:
    """The object, empty where it is none."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: object) -> list[Any]:
    """The list, empty where it is none."""
    return value if isinstance(value, list) else []
