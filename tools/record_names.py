"""What a source's record calls an organisation, by the headings of its columns."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

NAME_HEADINGS: Final = (
    "institution name", "organization", "organisation", "company", "company name", "account name", "school",
    "school name", "institution",
)  # fmt: skip
"""Headings of a column that holds an organisation's name whatever the rows are; folded, as `folded` does it."""
ALIAS_HEADINGS: Final = ("aliases", "alias", "ialias", "also known as")
"""Headings of a column that holds other names of it."""


def folded(heading: str) -> str:
    """A heading without regard to case, underscores and spaces."""
    return " ".join(heading.replace("_", " ").casefold().split())


def names_in_record(record: Mapping[str, Any]) -> Iterator[str]:
    """The cells of a record that name its organisation, names before aliases; an alias cell may hold several."""
    cells = {folded(heading): cell for heading, cell in record.items()}
    for heading in (*NAME_HEADINGS, *ALIAS_HEADINGS):
        if cell := str(cells.get(heading) or "").strip():
            yield cell
