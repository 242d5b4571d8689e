"""docs/reference, from the code: `python -m tests.support.reference_pages` writes its pages anew."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from sqlalchemy import CheckConstraint, Column, Computed, ForeignKeyConstraint, Identity, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement

from db.columns import uuid_default
from db.models import Base
from outreach.cli import COMMANDS, EPILOG, app, load
from outreach.commands.config import _MEANING
from outreach.settings import ENV_NAMES, Settings

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
MADE = "made from the code by `python -m tests.support.reference_pages`; a test says when it is stale"

COMMANDS_HEAD = f"""# Commands

Every command with its arguments and options, {MADE}.
`outreach COMMAND --help` says the same, with examples.

An argument in `{{…}}` is needed, one in `[…]` is not; `…` after it: several. `[OPTIONS] COMMAND` stands for a group.
"""
SETTINGS_HEAD = f"""# Settings

{MADE.capitalize()}.

Where a value comes from, strongest first: an option of the command line, the environment, `.env` in the current folder,
`config.toml` in the home folder, the default. `outreach config` shows what is in force and where it came from.

| in config.toml, in the environment | values | default | what it is |
|---|---|---|---|
"""
SCHEMA_HEAD = f"""# Schema

{MADE.capitalize()}.

The types are PostgreSQL's; on SQLite a TIMESTAMP is a DATETIME in UTC and JSONB is JSON in a TEXT.
*New id* is 32 hexadecimal characters, made by the program and by the database alike. A unique index with *where* holds
for those rows alone. What triggers refuse beyond that: `db/triggers/rules.py`, measured in
[guarantees](../guarantees.md). Which state may follow which: [life cycles](../lifecycle.md).
"""
MADE_DEFAULTS = {
    "home": "the user's data folder on this system",
    "database_url": "`outreach.db` in the home folder",
    "checkpoint_url": "the database where that is PostgreSQL, else `checkpoints.db` in the home folder",
    "web_cache": "`web-cache` in the home folder",
    "otel": "on where an endpoint is set",
}
"""Defaults that are worked out: what `Settings` says about them in its functions, in words."""


def commands_page() -> str:
    """Every command of the table and those under it."""
    root = typer.main.get_command(app)
    codes = next(line for line in EPILOG.splitlines() if line.startswith("Exit codes"))
    parts = [COMMANDS_HEAD, codes, "\n## outreach\n", _command("outreach", root)]
    for name, entry in COMMANDS.items():
        command: Any = load(name, entry)
        parts += [f"\n## outreach {name}\n", _command(f"outreach {name}", command)]
        for under, one in getattr(command, "commands", {}).items():
            path = f"outreach {name} {under}"
            parts += [f"\n### {path}\n", _command(path, one)]
    return "\n".join(parts) + "\n"


def _command(path: str, command: Any) -> str:
    context = command.make_context(path, [], resilient_parsing=True)
    pieces = " ".join(command.collect_usage_pieces(context)).replace("...", "…")
    text = re.sub(r"\s*\n\s*\n\s*", "\n\n", (command.help or "").strip())
    rows = [
        f"| `{_cell(_plain(record[0]))}` | {_cell(record[1])} |"
        for record in (param.get_help_record(context) for param in command.params)
        if record
    ]
    table = "\n".join(["| | |", "|---|---|", *rows, ""]) if rows else ""
    return "\n".join([f"`{path} {pieces}`", "", _wrapped(text), "", table]).strip("\n")


def _plain(words: str) -> str:
    """`--tier <list[str]>` as `--tier <str>…`, for it may be repeated; `<a|b>` as `<a | b>`, which can be broken."""
    words = re.sub(r"<list\[(.*)\]>", r"<\1>…", words).replace("...", "")
    return re.sub("<.*>", lambda values: values[0].replace("|", " | "), words)


def _wrapped(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def settings_page() -> str:
    """Every field of `Settings`."""
    rows = [
        f"| `{name}`, `{ENV_NAMES[name]}` | {_values(field)} | {_default(name, field)} | {_cell(_MEANING[name])} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def _values(field: FieldInfo) -> str:
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{kind}`" for kind in kinds)
    words = {bool: "`on`, `off`", int: "whole number", float: "number", str: "text", Path: "path", SecretStr: "secret"}
    bounds = {"ge": "at least", "gt": "more than", "le": "at most"}
    limits = [f"{bounds[key]} {value}" for rule in field.metadata for key, value in _bounds(rule) if key in bounds]
    return ", ".join([words[kinds[0]], *limits])


def _bounds(rule: object) -> list[tuple[str, object]]:
    """The named values of a bound (annotated_types' are frozen, with slots)."""
    return [(key, getattr(rule, key)) for key in ("ge", "gt", "le") if hasattr(rule, key)]


def _default(name: str, field: FieldInfo) -> str:
    if name in MADE_DEFAULTS:
        return MADE_DEFAULTS[name]
    if field.default is None or field.default == "":
        return ""
    if isinstance(field.default, bool):
        return "`on`" if field.default else "`off`"
    return f"`{field.default}`"


def schema_page() -> str:
    """Every table of the models, as PostgreSQL has it."""
    about = {
        mapper.local_table.name: (mapper.class_.__doc__ or "").strip().split("\n")[0]  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
    }
    parts = [
        "\n".join([f"## {name}", "", about[name], "", *_columns(table), "", *_rules(table)])
        for name, table in sorted(Base.metadata.tables.items())
    ]
    return "\n".join([SCHEMA_HEAD, *parts])


DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _columns(table: Table) -> Iterator[str]:
    yield "| column | type | empty? | default | refers to |"
    yield "|---|---|---|---|---|"
    for column in table.columns:
        target = ", ".join(
            sorted(f"[{key.column.table.name}](#{key.column.table.name})" for key in column.foreign_keys)
        )
        kind = column.type.compile(DIALECT).replace(" WITH TIME ZONE", "")
        empty = "yes" if column.nullable else ""
        yield f"| `{column.name}` | {kind} | {empty} | {_cell(_column_default(column))} | {target} |"


def _column_default(column: Column[Any]) -> str:
    given: Any = column.server_default
    if given is None:
        return ""
    if isinstance(given, Identity):
        return "the next number"
    if isinstance(given, Computed):
        return f"worked out: `{given.sqltext}`"
    if isinstance(given.arg, uuid_default):
        return "new id"
    said = DIALECT.ddl_compiler(DIALECT, None).get_column_default_string(column)  # type: ignore[arg-type]
    return f"`{said}`"


def _rules(table: Table) -> Iterator[str]:
    keys = [column.name for column in table.primary_key.columns]
    if keys != ["id"]:
        yield f"- key: {_names(keys)}"
    for rule in sorted(table.constraints, key=lambda rule: str(rule.name)):
        if isinstance(rule, UniqueConstraint):
            yield f"- unique `{rule.name}`: {_names([column.name for column in rule.columns])}"
        elif isinstance(rule, CheckConstraint):
            yield f"- check `{rule.name}`: `{' '.join(str(rule.sqltext).split())}`"
        elif isinstance(rule, ForeignKeyConstraint) and len(rule.columns) > 1:
            held = _names([column.name for column in rule.columns])
            yield f"- together `{rule.name}`: {held} of one row of {rule.referred_table.name}"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield f"- {'unique index' if index.unique else 'index'} `{index.name}`: {_index(index)}"
    yield ""


def _index(index: Index) -> str:
    parts = [
        one if isinstance(one, str) else one.name if isinstance(one, Column) else _sql(one) for one in index.expressions
    ]
    where = index.dialect_options["postgresql"]["where"]
    return _names(parts) if where is None else f"{_names(parts)}, where `{_sql(where)}`"


def _sql(expression: ClauseElement) -> str:
    said = str(expression.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
    return " ".join(said.split())


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "schema.md": schema_page,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file_name, make in PAGES.items():
        (FOLDER / file_name).write_text(make(), encoding="utf-8")
