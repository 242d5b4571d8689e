"""The prospector: agrees once on what a file's columns mean; code then takes the rows in."""

import asyncio
from typing import Any

from agents.agent import Briefing, Done, State, ToolAgent, Update, Work
from agents.prospector_policy import policy
from tools.importing import FileInfo, ImportJob, RejectFile, import_rows, kind_of
from tools.importing.mapping import (
    ENTITY_OF_WHAT,
    FIELDS,
    ColumnMapping,
    ImportContext,
    Mapped,
    problem_of,
    save_mapping,
    see_values,
    stored_mapping,
)
from tools.reading import Table, read_table


class NoMapping(Exception):
    """The model came to an end without an agreed mapping, so nothing was imported."""


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Reads the file's layout. A layout that was agreed on before needs no model.

    Raises UnreadableFile where the file is no table.
    """
    file, table = await asyncio.to_thread(_opened, state)
    mapped = await _agreed(work, file, table)
    if mapped is not None:
        done = await _take_in(work, file, table, mapped)
        done.decisions.append({"decided": "mapping", "by": "the mapping agreed for this layout before"})
        return done
    return Briefing(
        material=material(file, table),
        context=ImportContext(
            db=work.db,
            playbook=work.playbook,
            run_id=work.run_id,
            columns=table.columns,
            target=str(file.path),
            table=table,
            what=file.what,
        ),
        memo={"table": table},
    )


def _opened(state: State) -> tuple[FileInfo, Table]:
    given = FileInfo.of(state["file"])
    table = read_table(given.path, given.sha256)
    return FileInfo.of(state["file"], table.columns), table


async def conclude(work: Work, state: State, briefing: Briefing) -> Done:
    """Imports the rows by the mapping that was saved."""
    table: Table = briefing.memo["table"]
    file = FileInfo.of(state["file"], table.columns)
    mapped = await _agreed(work, file, table)
    if mapped is None:
        raise NoMapping(f"No mapping of the columns of {file.path.name} was saved, so nothing was imported.")
    done = await _take_in(work, file, table, mapped)
    done.decisions.append(
        {
            "decided": "mapping",
            "entity": mapped.entity,
            "columns": mapped.columns,
            "id_column": mapped.id_column,
            "confidence": mapped.confidence,
        }
    )
    return done


async def _agreed(work: Work, file: FileInfo, table: Table) -> Mapped | None:
    mapped = await work.db.read(lambda session: stored_mapping(session, work.playbook.name, table.columns))
    if mapped is not None and file.what is not None and mapped.entity not in ENTITY_OF_WHAT[file.what]:
        return None
    return mapped


def material(file: FileInfo, table: Table) -> dict[str, Any]:
    """What the model is told of a file: its columns with different values of each, and the fields there are."""
    entities = sorted(ENTITY_OF_WHAT[file.what]) if file.what else list(FIELDS)
    meanings: dict[str, str] = {}
    for entity in entities:
        meanings |= FIELDS[entity]
    return {
        "file": {
            "name": file.path.name,
            "holds": file.what,
            "source": file.source,
            "licence": file.licence,
            "id_column": file.organisation_column or file.id_column,
        },
        "columns": [
            {"column": column.name, "samples": list(column.values), "filled": column.filled}
            for column in table.profile()
        ],
        "entities": {entity: list(FIELDS[entity]) for entity in entities},
        "fields": meanings,
    }


async def _take_in(work: Work, file: FileInfo, table: Table, mapped: Mapped) -> Done:
    update: Update = {}
    about = {"file": file.path.name, "sha256": table.sha256, "source": file.source}
    if file.only_map:
        return Done(update=update, outputs={**about, "only_map": True}, sources=[file.source_url or file.source])
    left = {name: column for name, column in mapped.columns.items() if mapped.sure_of(name) < file.least}
    mapped = mapped.at_least(file.least)
    columns = [ColumnMapping(column=c, field=f, confidence=mapped.sure_of(f)) for f, c in mapped.columns.items()]
    problem = problem_of(mapped.entity, columns, mapped.id_column, table.columns, file.what)
    if problem is not None:
        raise NoMapping(f"Too little of {file.path.name} is sure enough to be imported. {problem}")
    job = ImportJob(work.playbook, work.run_id, file, mapped, kind_of(file.what, mapped))
    if file.rejects_path is None:
        outcome = await import_rows(work.db, job, table)
    else:
        with RejectFile(file.rejects_path, table) as sink:
            outcome = await import_rows(work.db, job, table, sink)
    rejected = outcome.rejected.total()
    return Done(
        update=update,
        outputs={**about, "kind": job.kind, **outcome.as_json(), "left": left},
        sources=[file.source_url or file.source],
        processed=outcome.processed,
        created=outcome.created.total(),
        updated=outcome.updated.total(),
        partial=f"{rejected} of {outcome.processed} rows were not taken" if rejected else None,
    )


AGENT = ToolAgent(
    name="prospector",
    run_type="prospect",
    tools=(see_values, save_mapping),
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    must_call=frozenset({"save_mapping"}),
    call_limit=12,
)
