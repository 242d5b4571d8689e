"""What would become of a file's rows, as far as the rows themselves tell: no table is looked into."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from tools.importing.cleaning import Clean, person_key
from tools.importing.job import ImportJob, Reject
from tools.importing.rows import RejectSink, Seen, cleaned
from tools.reading import Table

_EXAMPLES: Final = 5


@dataclass
class Trial:
    """What a trial of a file found. `examples` are the first sound rows, in the form that they would be stored in."""

    total: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return self.total - self.refused.total()


def try_rows(job: ImportJob, table: Table, sink: RejectSink | None = None) -> Trial:
    """Reads all rows and says which could be taken; the others go to `sink`, with their reasons.

    Whether an organisation is known already, or somebody was deleted, only an import can tell: rows that hang on that
    count as accepted here.
    """
    trial, seen = Trial(), Seen()
    for rows, _seconds in cleaned(job, table.rows()):
        rejects = []
        for row in rows:
            trial.total += 1
            reason = _problem(job, row, seen)
            if reason is not None:
                trial.refused[reason] += 1
                rejects.append(Reject(row.row, reason))
                continue
            trial.remarks.update(row.notes)
            if len(trial.examples) < _EXAMPLES:
                trial.examples.append(as_json(row))
        seen.keep()
        if sink is not None and rejects:
            sink.add(rejects)
    return trial


def _problem(job: ImportJob, row: Clean, seen: Seen) -> str | None:
    if row.refused is not None:
        return row.refused
    if job.kind == "contacts":
        key = f"\0{person_key(row, row.key or '')}"
        if key in seen:
            row.notes = (*row.notes, "an earlier row is the same person")
        seen.add(key)
        return None
    if row.key is None:
        return "the row names no organisation"
    if row.key in seen:
        return "an earlier row has the same id"
    if job.kind == "organisations" and row.kind is None:
        return row.kind_refused
    seen.add(row.key)
    return None


def as_json(row: Clean) -> dict[str, Any]:
    """A row in one form, as plain JSON, by what it is about; blanks left out."""
    said = {ours: value for part in (row.account, row.prospect, row.venue) for ours, (value, _column) in part.items()}
    place = {"hq_location": row.place, "id": row.id}
    found: dict[str, Any] = {"row": row.row.number}
    organisation = {name: value for name, value in (place | said).items() if value is not None}
    if organisation:
        found["organisation"] = organisation
    if row.person is not None:
        person = {"first_name": row.person.first, "last_name": row.person.last, "id": row.person.id, **row.person.said}
        found["person"] = {name: value for name, value in person.items() if value not in (None, "")}
    if row.opening is not None:
        found["opening"] = {name: value for name, value in row.opening.items() if value is not None}
    return found
