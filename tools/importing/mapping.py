"""Which column of a file is what: the fields, the check of a mapping, and the tools to agree on one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import ToolException
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import agent
from db.enums import ImportEntity
from db.models import ImportMapping
from tools.context import ToolContext
from tools.journal import note
from tools.reading import Table

Entity = Literal["organisation", "contact", "mixed", "signal"]

_LINK: Final = {
    "organisation_name": "name of the organisation",
    "website": "web address of the organisation",
    "domain": "web domain of the organisation, without https:// and www.",
}
_ORGANISATION: Final = _LINK | {
    "address": "street address of the organisation",
    "city": "city where the organisation is",
    "state": "state where the organisation is",
    "country": "country where the organisation is",
    "industry": "industry of a company",
    "sub_industry": "narrower category within the industry",
    "employees": "number of people who work there",
    "annual_revenue": "revenue of a company",
    "funding_stage": "Seed, Series A, Series B, Series C or Public",
    "last_funding_amount": "amount of the latest funding round",
    "last_funding_date": "date of the latest funding round",
    "company_linkedin": "LinkedIn page of the organisation",
    "known_tools": "technologies the organisation uses",
    "division": "athletic division or class of a school, such as NCAA Division III, NAIA or 6A",
    "sanction": "athletic association of a school, such as NCAA or NAIA",
    "conference": "athletic conference of a school",
    "enrollment": "number of students",
    "stadium_name": "name of the stadium or field",
    "seating_capacity": "how many people the stadium seats",
    "year_built": "year the stadium was built",
    "row_source_url": "address of the page where this row's facts stand",
}
_PERSON: Final = {
    "first_name": "first name of a person",
    "last_name": "last name of a person",
    "full_name": "whole name of a person, if it is in one column",
    "job_title": "job title of a person",
    "email": "work e-mail address of a person",
    "email_status": "whether the work e-mail address was verified (verified, valid, guessed, bounced)",
    "phone": "work phone number of a person",
    "linkedin_url": "LinkedIn profile of a person",
    "person_city": "city of a person",
    "person_state": "state of a person",
    "person_country": "country of a person",
    "person_id": "id of the person in the system the file was exported from",
}
_OPENING: Final = {
    "opening_title": "title of a job opening",
    "opening_location": "place of a job opening",
    "opening_posted": "date a job opening was posted",
    "opening_url": "web address of a job opening",
}
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    ImportEntity.ORGANISATION.value: _ORGANISATION,
    ImportEntity.CONTACT.value: _LINK | _PERSON,
    ImportEntity.MIXED.value: _ORGANISATION | _PERSON,
    ImportEntity.SIGNAL.value: _LINK | _OPENING,
}
"""Entity of a row to the fields that its columns may fill, each with its meaning."""

ENTITY_OF_WHAT: Final[Mapping[str, frozenset[str]]] = {
    "organisations": frozenset({"organisation"}),
    "facts": frozenset({"organisation"}),
    "openings": frozenset({"signal"}),
    "contacts": frozenset({"contact", "mixed"}),
}
"""What an operator says a file holds to the entities that this can mean."""


@dataclass(frozen=True)
class ImportContext(ToolContext):
    """A ToolContext of the prospector: also which table is mapped, and what the operator says it holds."""

    table: Table | None = None
    what: str | None = None


@dataclass(frozen=True)
class Mapped:
    """An agreed mapping: `columns` is field to column; `id_column` holds the organisation's id in its source.

    `confidence` is that of the least sure column, `sure` that of each field, `decided_by` who agreed on it.
    """

    entity: str
    columns: dict[str, str]
    id_column: str | None
    confidence: float
    sure: dict[str, float] = field(default_factory=dict)
    decided_by: str | None = None

    def cell(self, cells: Mapping[str, str], field: str) -> str | None:
        """The text of a row for a field; None where the field is unmapped or the cell blank."""
        column = self.columns.get(field)
        return (cells.get(column) or None) if column else None

    def sure_of(self, field: str) -> float:
        """How sure the mapping of a field is, from 0 to 1."""
        return self.sure.get(field, self.confidence)

    def at_least(self, least: float) -> "Mapped":
        """The mapping without the columns that are less sure."""
        kept = {name: column for name, column in self.columns.items() if self.sure_of(name) >= least}
        return replace(self, columns=kept)


class ColumnMapping(BaseModel):
    """One column, the field that it fills, and how sure that is, from 0 to 1."""

    column: str
    field: str
    confidence: float = Field(ge=0, le=1)


class SaidColumn(BaseModel):
    """One column and the field that it fills, as a model says it.

    Its confidence is a whole number: small models that are held to a grammar go on writing decimals for ever.
    """

    column: str = Field(description="The column's name, exactly as it stands in the file.")
    field: str = Field(description="The field that it fills: one of the fields listed for the entity.")
    confidence: int = Field(ge=0, le=100, description="How sure you are, in per cent: 0 to 100, a whole number.")


def layout_hash(columns: Sequence[str]) -> str:
    """What two files with the same columns, in whatever case, have in common: SHA-256, hexadecimal."""
    return hashlib.sha256(json.dumps([c.casefold() for c in columns]).encode()).hexdigest()


def problem_of(
    entity: str,
    columns: Sequence[ColumnMapping],
    id_column: str | None,
    known: Sequence[str],
    what: str | None,
) -> str | None:
    """What is wrong with a mapping, in one sentence; None where it can be used."""
    if what is not None and entity not in ENTITY_OF_WHAT[what]:
        allowed = " or ".join(sorted(ENTITY_OF_WHAT[what]))
        return f"The operator says that the file holds {what}, so the entity must be {allowed}, not {entity}."
    fields = FIELDS[entity]
    column_of: dict[str, str] = {}
    for item in columns:
        if item.column not in known:
            return f"There is no column '{item.column}'. The columns are: {', '.join(known)}."
        if item.field not in fields:
            return f"'{item.field}' is no field of the entity {entity}. Its fields are: {', '.join(fields)}."
        if item.field in column_of:
            return (
                f"Two columns are mapped to {item.field}: '{column_of[item.field]}' and '{item.column}'. "
                "Choose one and leave the other out."
            )
        if item.column in column_of.values():
            return f"The column '{item.column}' is mapped twice. Choose one field for it."
        column_of[item.field] = item.column
    if id_column is not None and id_column not in known:
        return f"There is no column '{id_column}' to be the id column. The columns are: {', '.join(known)}."
    # A work address leads to an organisation by its domain.
    linked = id_column is not None or not column_of.keys().isdisjoint({*_LINK, "email"})
    named = not column_of.keys().isdisjoint({"first_name", "full_name"})
    if entity == "organisation" and "organisation_name" not in column_of and not (what == "facts" and linked):
        return "Organisations need a column for organisation_name."
    if entity == "mixed" and not (named and "organisation_name" in column_of):
        return "Mixed rows need columns for organisation_name and for first_name or full_name."
    if entity == "contact" and not named:
        return "Contacts need a column for first_name or full_name."
    if entity == "signal" and "opening_title" not in column_of:
        return "Job openings need a column for opening_title."
    if entity in ("contact", "signal") and not linked:
        return "Each row must lead to its organisation: give an id column, organisation_name, website or domain."
    return None


def stored_mapping(session: Session, playbook: str, columns: Sequence[str]) -> Mapped | None:
    """The mapping that was agreed for this layout under this playbook, if there is one."""
    row = session.scalar(
        select(ImportMapping).where(
            ImportMapping.layout_hash == layout_hash(columns), ImportMapping.playbook == playbook
        )
    )
    if row is None:
        return None
    # Stored by place, so that a file whose headers differ in case only finds its own columns.
    by_fold = {column.casefold(): column for column in columns}
    fields = {field: by_fold[column.casefold()] for field, column in row.mapping["columns"].items()}
    id_column = row.mapping.get("id_column")
    return Mapped(
        row.entity,
        fields,
        by_fold[id_column.casefold()] if id_column else None,
        row.confidence or 0.0,
        dict(row.mapping.get("sure") or {}),
        row.decided_by,
    )


def keep_mapping(
    session: Session,
    playbook: str,
    headers: Sequence[str],
    entity: str,
    columns: Sequence[ColumnMapping],
    id_column: str | None,
    decided_by: str,
) -> ImportMapping:
    """Stores what was agreed for a layout, in place of what was agreed before."""
    digest = layout_hash(headers)
    row = session.scalar(
        select(ImportMapping).where(ImportMapping.layout_hash == digest, ImportMapping.playbook == playbook)
    )
    if row is None:
        row = ImportMapping(layout_hash=digest, playbook=playbook)
        session.add(row)
    row.entity = entity
    row.headers = list(headers)
    row.mapping = {
        "columns": {c.field: c.column for c in columns},
        "id_column": id_column,
        "sure": {c.field: c.confidence for c in columns},
    }
    row.decided_by = decided_by
    row.confidence = min((c.confidence for c in columns), default=0.0)
    return row


def _store(
    session: Session, context: ImportContext, entity: str, columns: list[ColumnMapping], id_column: str | None
) -> None:
    row = keep_mapping(
        session, context.playbook.name, context.columns, entity, columns, id_column, agent(context.run_id)
    )
    details: dict[str, Any] = {
        "layout": row.layout_hash,
        "entity": entity,
        "id_column": id_column,
        "columns": [c.model_dump() for c in columns],
    }
    note(
        session,
        run_id=context.run_id,
        agent="prospector",
        action="mapping_saved",
        details=details,
        requires_review=(row.confidence or 0.0) < 0.6,
    )


def changed(
    entity: str | None, columns: Sequence[ColumnMapping], id_column: str | None, changes: Mapping[str, str]
) -> tuple[str, list[ColumnMapping], str | None]:
    """A mapping with a person's changes: column to field; '-' leaves a column out, 'id' makes it the id column.

    What a person says is sure. Fields that only another entity has change the entity with them.
    """
    kept = [c for c in columns if c.column not in changes and c.field not in changes.values()]
    for column, name in changes.items():
        if name in ("-", ""):
            id_column = None if id_column == column else id_column
        elif name == "id":
            id_column = column
        else:
            kept.append(ColumnMapping(column=column, field=name, confidence=1.0))
    fields = {c.field for c in kept}
    order = [entity] if entity else []
    order += [e for e in ("organisation", "contact", "mixed", "signal") if e not in order]
    fitting = [e for e in order if fields <= FIELDS[e].keys()]
    named = [e for e in fitting if e not in ("contact", "mixed") or fields & {"first_name", "full_name", "last_name"}]
    return (named or fitting or order)[0], kept, id_column


_SYSTEMS: Final[tuple[tuple[str, frozenset[str], frozenset[str]], ...]] = (
    ("Apollo", frozenset({"apollo contact id"}), frozenset()),
    ("Apollo", frozenset({"apollo account id"}), frozenset()),
    ("Apollo", frozenset({"company name for emails"}), frozenset()),
    (
        "HubSpot",
        frozenset({"record id"}),
        frozenset(
            {"lifecycle stage", "associated company", "associated company ids", "contact owner", "company owner"}
        ),
    ),
    ("LinkedIn connections", frozenset({"connected on", "first name", "last name"}), frozenset()),
    ("Salesforce", frozenset({"account name"}), frozenset({"contact id", "account id", "account owner"})),
    ("Salesforce", frozenset({"lead id", "lead status"}), frozenset()),
    ("IPEDS", frozenset({"unitid", "instnm"}), frozenset()),
)


def source_of(columns: Sequence[str]) -> str | None:
    """The system whose export has such columns, by what only it calls so; None where none is known.

    It names the source of a file whose operator named none, so that a newer export of the same system is known as such.
    """
    names = {column.casefold() for column in columns}
    return next((s for s, all_of, any_of in _SYSTEMS if all_of <= names and (not any_of or names & any_of)), None)


def _context(runtime: ToolRuntime[ToolContext, Any]) -> ImportContext:
    context = runtime.context
    if not isinstance(context, ImportContext):
        raise TypeError("the prospector's tools need an ImportContext")
    return context


@tool
async def see_values(column: str, runtime: ToolRuntime[ToolContext, Any]) -> str:
    """Show up to 20 different values of one column, when its name and samples do not say what it is.

    Args:
        column: The column's name, exactly as it stands in the file.
    """
    context = _context(runtime)
    if context.table is None or column not in context.columns:
        raise ToolException(f"There is no column '{column}'. The columns are: {', '.join(context.columns)}.")
    values = context.table.values(column)
    return json.dumps({"column": column, "values": values}, ensure_ascii=False)


@tool
async def save_mapping(
    entity: Entity,
    columns: list[SaidColumn],
    runtime: ToolRuntime[ToolContext, Any],
    id_column: str | None = None,
) -> str:
    """Save what the file's columns mean. Leave out every column that fits no field or that you are unsure of.

    Args:
        entity: What one row is: organisation, contact (a person at an organisation), mixed (a person together
            with facts about the organisation), or signal (a job opening).
        columns: The columns that fill a field. No field twice.
        id_column: The column that holds the organisation's id in the source, if there is one.
    """
    context = _context(runtime)
    given = [ColumnMapping(column=c.column, field=c.field, confidence=c.confidence / 100) for c in columns]
    problem = problem_of(entity, given, id_column, context.columns, context.what)
    if problem is not None:
        raise ToolException(problem)
    await context.db.write(lambda session: _store(session, context, entity, given, id_column))
    return f"Saved: {len(columns)} of {len(context.columns)} columns are mapped."


see_values.handle_tool_error = True
save_mapping.handle_tool_error = True
