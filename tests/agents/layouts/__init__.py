"""The layouts of the suite prospector_mapping, to measure a mapping by without a database or a graph."""

from collections.abc import Iterator
from dataclasses import dataclass

from evals.suites import load_suite
from evals.suites.prospector_mapping.task import NOTHING, Expected, Input


@dataclass(frozen=True)
class Layout:
    """One file: its columns with their values, and the fields that each may fill ('-' for none)."""

    name: str
    entity: str
    values: dict[str, list[str]]
    right: dict[str, frozenset[str]]


def layouts(tag: str) -> Iterator[Layout]:
    """The layouts with a tag: 'export', 'unseen', 'fresh', 'odd'."""
    for case in load_suite("prospector_mapping").cases():
        if tag in case.tags:
            assert isinstance(case.input, Input)
            assert isinstance(case.expected, Expected)
            columns = case.input.columns
            values = {column: [row[i] for row in case.input.rows if row[i]] for i, column in enumerate(columns)}
            right = {column: frozenset(case.expected.fields.get(column, [NOTHING])) for column in columns}
            yield Layout(case.id, case.expected.entity.value, values, right)
