"""What `outreach import` does: a mapping proposed, shown, agreed on; the rows taken in, or tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from db.access import Database
    from outreach.settings import Settings
    from playbooks import Playbook
    from tools.importing import FileInfo
    from tools.importing.mapping import ColumnMapping
    from tools.reading import Column, Table

SCHEMA: Final = "outreach.import/1"
SURE: Final = 0.8
"""Below this a person is asked, and without a terminal the column is left out."""


@dataclass(frozen=True)
class Proposal:
    """A mapping as it is shown: `columns` are those that fill a field, `decided_by` who said so."""

    entity: str
    columns: tuple[ColumnMapping, ...]
    id_column: str | None
    decided_by: str
    profile: tuple[Column, ...] = field(default=(), repr=False)

    @property
    def doubtful(self) -> list[ColumnMapping]:
        """The columns that nobody is sure of."""
        return [column for column in self.columns if column.confidence < SURE]

    def rows(self) -> list[dict[str, Any]]:
        """One object for each column of the file, in its order."""
        by_column = {column.column: column for column in self.columns}
        found = []
        for column in self.profile:
            mapped = by_column.get(column.name)
            is_id = column.name == self.id_column and mapped is None
            found.append(
                {
                    "column": column.name,
                    "field": "id" if is_id else mapped.field if mapped else None,
                    "confidence": 1.0 if is_id else mapped.confidence if mapped else None,
                    "asks": mapped is not None and mapped.confidence < SURE,
                    "samples": list(column.values[:3]),
                    "filled": column.filled,
                }
            )
        return found


def open_table(path: Path) -> Table:
    """The file's layout. Raises Complaint where it is missing, tools.reading.UnreadableFile where it is no table."""
    from tools.reading import absent, read_table

    if not path.is_file():
        raise Complaint(absent(path), "Check the path; the file must be readable.", code=2)
    return read_table(path)


def proposed(file: FileInfo, table: Table) -> Proposal:
    """The mapping that the rules propose; no model and no database is asked."""
    from agents.prospector import material
    from agents.prospector_policy import entity_of, mapping_of
    from tools.importing.mapping import ColumnMapping

    given = material(file, table)
    profile = table.profile()
    values = {column.name: list(column.values) for column in profile}
    found = mapping_of(given, values, entity_of(given, values))
    columns = tuple(ColumnMapping(**column) for column in found["columns"])
    return Proposal(found["entity"], columns, found["id_column"], "rules", tuple(profile))


def stored(database: Database, playbook: str, table: Table) -> Proposal | None:
    """What was agreed on before for this layout."""
    from tools.importing.mapping import ColumnMapping, stored_mapping

    mapped = database.read_sync(lambda session: stored_mapping(session, playbook, table.columns))
    if mapped is None:
        return None
    columns = tuple(
        ColumnMapping(column=column, field=name, confidence=mapped.sure_of(name))
        for name, column in mapped.columns.items()
    )
    by = mapped.decided_by or "an earlier import"
    return Proposal(mapped.entity, columns, mapped.id_column, by, tuple(table.profile()))


def parse_changes(texts: Sequence[str]) -> dict[str, str]:
    """`Column=field` each; the column's name may hold equals signs. Raises Complaint where one is not so written."""
    changes: dict[str, str] = {}
    for text in texts:
        column, mark, name = text.rpartition("=")
        if not mark or not column.strip():
            raise Complaint(
                f"'{text}' is not written as Column=field.",
                'For instance: --map "Firma=organisation_name"',
                code=2,
            )
        changes[column.strip()] = name.strip()
    return changes


def with_changes(proposal: Proposal, changes: Mapping[str, str], table: Table, by: str) -> Proposal:
    """The mapping as a person wants it. Raises Complaint for a column or field that does not exist."""
    from tools.importing.mapping import FIELDS, changed

    names = {column.casefold(): column for column in table.columns}
    fields = {name for entity in FIELDS.values() for name in entity}
    real: dict[str, str] = {}
    for column, name in changes.items():
        if column.casefold() not in names:
            raise Complaint(f"There is no column '{column}'.", f"The columns are: {', '.join(table.columns)}.", code=2)
        if name not in fields | {"-", "", "id"}:
            raise Complaint(
                f"There is no field '{name}'.",
                f"The fields are: {', '.join(sorted(fields))}; 'id' for the organisation's id, '-' for none.",
                code=2,
            )
        real[names[column.casefold()]] = name
    entity, columns, id_column = changed(proposal.entity, proposal.columns, proposal.id_column, real)
    return replace(proposal, entity=entity, columns=tuple(columns), id_column=id_column, decided_by=by)


def with_id(proposal: Proposal, column: str, table: Table, by: str) -> Proposal:
    """The mapping with the column that tells the rows apart: a person's own id, or the organisation's."""
    people = proposal.entity in ("contact", "mixed")
    return with_changes(proposal, {column: "person_id" if people else "id"}, table, by)


def confirmed(proposal: Proposal, by: str) -> Proposal:
    """The mapping once a person has said yes to all of it."""
    sure = tuple(column.model_copy(update={"confidence": 1.0}) for column in proposal.columns)
    return replace(proposal, columns=sure, decided_by=by)


def problem_with(proposal: Proposal, table: Table, least: float = 0.0) -> str | None:
    """Why a mapping cannot be used, in a sentence; None where it can. `least`: only columns as sure as that."""
    from tools.importing.mapping import problem_of

    columns = [column for column in proposal.columns if column.confidence >= least]
    return problem_of(proposal.entity, columns, proposal.id_column, table.columns, None)


def keep(database: Database, settings: Settings, playbook: str, table: Table, proposal: Proposal) -> None:
    """Stores a person's mapping for this layout."""
    from db.actors import acting_as
    from tools.importing.mapping import keep_mapping

    with acting_as(settings.actor()):
        database.write_sync(
            lambda session: keep_mapping(
                session,
                playbook,
                table.columns,
                proposal.entity,
                proposal.columns,
                proposal.id_column,
                settings.actor(),
            )
        )


class _Gather:
    """The first refused rows, for the JSON of a dry run."""

    def __init__(self, most: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self._most = most

    def add(self, rejects: Sequence[Any]) -> None:
        """Takes some."""
        for reject in rejects[: max(0, self._most - len(self.rows))]:
            self.rows.append({"row": reject.row.number, "reason": reject.reason, "cells": reject.row.cells})


def trial(playbook: Playbook, file: FileInfo, table: Table, proposal: Proposal, most: int) -> dict[str, Any]:
    """What a dry run tells: see docs/importing.md. At most `most` refused rows are listed; all are counted."""
    from tools.importing import ImportJob, kind_of
    from tools.importing.mapping import Mapped
    from tools.importing.trial import try_rows

    columns = {column.field: column.column for column in proposal.columns}
    mapped = Mapped(proposal.entity, columns, proposal.id_column, 1.0)
    job = ImportJob(playbook, "", file, mapped, kind_of(None, mapped))
    problem = problem_with(proposal, table)
    gather = _Gather(most)
    report = {**head(file, table, proposal, playbook.name), "dry_run": True, "kind": job.kind, "problem": problem}
    if problem is not None:
        return {**report, "rows": None, "reasons": {}, "remarks": {}, "refused": [], "examples": []}
    found = try_rows(job, table, gather)
    return {
        **report,
        "rows": {"total": found.total, "accepted": found.accepted, "refused": found.refused.total()},
        "reasons": dict(found.refused),
        "remarks": dict(found.remarks),
        "refused": gather.rows,
        "examples": found.examples,
    }


def head(file: FileInfo, table: Table, proposal: Proposal, playbook: str) -> dict[str, Any]:
    """What every answer of the command begins with."""
    return {
        "schema": SCHEMA,
        "file": {"name": table.path.name, "form": table.form, "sha256": table.sha256, "notes": list(table.notes)},
        "source": file.source,
        "playbook": playbook,
        "entity": proposal.entity,
        "id_column": proposal.id_column,
        "decided_by": proposal.decided_by,
        "asks": bool(proposal.doubtful),
        "mapping": proposal.rows(),
    }
