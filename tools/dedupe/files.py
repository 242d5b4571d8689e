"""Files compared without a database: what their columns mean, and which rows are one thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.dedupe.cluster import apart
from tools.dedupe.columns import Means, are_people, guess
from tools.dedupe.engine import Duplicates, Pair, Verdict, find
from tools.dedupe.records import Record, prepare
from tools.reading import read_table


class NothingToCompare(Exception):
    """The files have no column whose meaning is known, or none that names anything."""


@dataclass(frozen=True)
class File:
    """A file that took part: its columns with their meanings, and how many rows it has."""

    path: Path
    columns: Mapping[str, Means | None]
    rows: int


@dataclass(frozen=True)
class Result:
    """What was found. `places` gives (file's number, row as the reader counts it, what it is called) by place."""

    people: bool
    files: tuple[File, ...]
    places: tuple[tuple[int, int, str], ...]
    found: Duplicates


def compare_files(
    paths: Sequence[Path],
    *,
    meanings: Mapping[str, Means | None] | None = None,
    people: bool | None = None,
    ids: Sequence[str] = (),
) -> Result:
    """Compares all rows of all files with each other.

    Args:
        paths: tables that `tools.reading` can read.
        meanings: what columns mean, by heading, over what is guessed; None leaves a column out.
        people: whether the rows are people; None goes by the columns.
        ids: columns of ids: two rows of one file with different ones are never the same.

    Raises:
        UnreadableFile: a file is none that can be read.
        NothingToCompare: nothing is known of the columns; or a column that was named is in no file.
    """
    given = dict(meanings or {}) | dict.fromkeys(ids, Means.REGISTRY)
    tables = [read_table(path) for path in paths]
    known: set[str] = set()
    layouts: list[dict[str, Means | None]] = []
    for table in tables:
        layout = guess(table.columns)
        layout |= {column: means for column, means in given.items() if column in layout}
        known |= set(layout)
        layouts.append(layout)
    if missing := [column for column in given if column not in known]:
        raise NothingToCompare(f"No file has a column {missing[0]!r}.")
    if not any(means is not None and means is not Means.REGISTRY for layout in layouts for means in layout.values()):
        raise NothingToCompare("No column says who or what a row is about: none of the headings is known.")
    records: list[Record] = []
    places: list[tuple[int, int, str]] = []
    files: list[File] = []
    for number, (table, layout) in enumerate(zip(tables, layouts, strict=True)):
        before = len(records)
        for row in table.rows():
            record = prepare(len(records), str(number), row.cells, layout)
            records.append(record)
            places.append((number, row.number, _called(record)))
        files.append(File(Path(paths[number]), layout, len(records) - before))
    if people is None:
        people = any(are_people(layout) for layout in layouts)
    return Result(people, tuple(files), tuple(places), find(records, people=people, separate=apart))


def _called(record: Record) -> str:
    person = f"{record.given} {record.surname}".strip()
    return person or (record.names[0].text if record.names else record.email)


def certainty(found: Duplicates, cluster: Sequence[int]) -> tuple[float, Verdict]:
    """How sure a cluster is: its weakest member's surest pair; certain only where certain pairs join all of it."""
    members = set(cluster)
    inside = [pair for pair in found.pairs if pair.one in members and pair.other in members]
    best = dict.fromkeys(cluster, 0.0)
    for pair in inside:
        best[pair.one] = max(best[pair.one], pair.probability)
        best[pair.other] = max(best[pair.other], pair.probability)
    joined = _joined(cluster, [pair for pair in inside if pair.verdict is Verdict.CERTAIN])
    return min(best.values()), Verdict.CERTAIN if joined else Verdict.DOUBTFUL


def _joined(cluster: Sequence[int], pairs: Sequence[Pair]) -> bool:
    reached, grew = {cluster[0]}, True
    while grew:
        more = {place for p in pairs if p.one in reached or p.other in reached for place in (p.one, p.other)}
        grew = not more <= reached
        reached |= more
    return reached >= set(cluster)


def as_json(result: Result) -> dict[str, Any]:
    """The documented form (docs/dedupe.md), version 1."""

    def row(place: int) -> dict[str, Any]:
        number, at, _name = result.places[place]
        return {"file": str(result.files[number].path), "row": at}

    groups = []
    for cluster in result.found.clusters:
        sure, verdict = certainty(result.found, cluster)
        groups.append(
            {"certainty": round(sure, 4), "verdict": verdict.value, "rows": [row(place) for place in cluster]}
        )
    return {
        "version": 1,
        "kind": "people" if result.people else "organisations",
        "files": [
            {
                "file": str(file.path),
                "rows": file.rows,
                "columns": {column: means.value if means else None for column, means in file.columns.items()},
            }
            for file in result.files
        ],
        "compared": result.found.compared,
        "clusters": groups,
        "pairs": [
            {
                "a": row(pair.one),
                "b": row(pair.other),
                "probability": round(pair.probability, 4),
                "verdict": pair.verdict.value,
                "evidence": [{"field": e.field, "found": e.words, "bits": e.bits} for e in pair.evidence],
            }
            for pair in result.found.pairs
        ],
    }
