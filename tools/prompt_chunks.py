"""What goes to a model in one call, of many things that are to be decided on."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
LETTERS_PER_CALL: Final = 24_000
"""About so many letters of material, so that a small model's context holds it."""


def prompt_chunks(items: Sequence[T], letters_of: Callable[[T], int], *, most: int) -> Iterator[Sequence[T]]:
    """The items in chunks, for one call each: at most `most` of them and LETTERS_PER_CALL letters."""
    part: list[T] = []
    letters = 0
    for item in items:
        if part and (len(part) == most or letters + letters_of(item) > LETTERS_PER_CALL):
            yield part
            part, letters = [], 0
        part.append(item)
        letters += letters_of(item)
    if part:
        yield part
