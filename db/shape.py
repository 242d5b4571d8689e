"""The shape of a database as plain text by name: columns, constraints, indexes. Two databases of one kind that
were made from the same models have the same shape, whatever way they came to it."""

import re
from typing import Final

from sqlalchemy import Connection, create_engine, inspect, text

from db.models import Base

Shape = dict[str, str]

_REFERENCE: Final = "outreach_reference"

_PG_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
_PG_CONSTRAINTS: Final = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = to_regnamespace(:schema) AND k.contype <> 'n'
"""
_PG_INDEXES: Final = """
SELECT t.relname, i.relname, pg_get_indexdef(x.indexrelid), x.indisvalid
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = to_regnamespace(:schema)
"""


def actual(connection: Connection) -> Shape:
    """The shape that a database has, as far as our tables go."""
    shape = _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection, "public")
    return {name: said for name, said in shape.items() if _table(name) in Base.metadata.tables}


def wanted(connection: Connection) -> Shape:
    """The shape that the models say, found by making them: in memory, or in a schema that is dropped again.

    On PostgreSQL the connection must be in a transaction of the owner's.
    """
    if connection.dialect.name == "sqlite":
        engine = create_engine("sqlite://")
        with engine.begin() as memory:
            Base.metadata.create_all(memory)
            shape = _sqlite(memory)
        engine.dispose()
        return shape
    savepoint = connection.begin_nested()
    try:
        connection.execute(text(f"CREATE SCHEMA {_REFERENCE}"))
        mapped = connection.execution_options(schema_translate_map={None: _REFERENCE})
        Base.metadata.create_all(mapped, checkfirst=False)
        return _postgresql(connection, _REFERENCE)
    finally:
        connection.execution_options(schema_translate_map=None)
        savepoint.rollback()


def _table(name: str) -> str:
    return name.partition(" ")[2].partition(".")[0]


def _plain(sql: object) -> str:
    return re.sub(r"\s+", " ", str(sql)).strip()


def _postgresql(connection: Connection, schema: str) -> Shape:
    connection.execute(text("SELECT set_config('search_path', :schema, true)"), {"schema": schema})
    shape: Shape = {}
    given = {"schema": schema}
    for table, column, kind, not_null, default, generated, identity in connection.execute(text(_PG_COLUMNS), given):
        shape[f"table {table}"] = "there"
        shape[f"column {table}.{column}"] = _plain(
            f"{kind} {'NOT NULL' if not_null else ''} default {default} {generated}{identity}"
        )
    for table, name, definition, valid in connection.execute(text(_PG_CONSTRAINTS), given):
        shape[f"constraint {table}.{name}"] = _plain(definition) + ("" if valid else " (not validated)")
    for table, name, definition, valid in connection.execute(text(_PG_INDEXES), given):
        shape[f"index {table}.{name}"] = _plain(definition).replace(f" ON {schema}.", " ON ") + (
            "" if valid else " (not valid)"
        )
    connection.execute(text("SELECT set_config('search_path', 'public', true)"))
    return shape


def _sqlite(connection: Connection) -> Shape:
    inspector = inspect(connection)
    shape: Shape = {}
    for table in inspector.get_table_names():
        shape[f"table {table}"] = "there"
        for row in connection.exec_driver_sql(f'PRAGMA table_xinfo("{table}")').all():
            _number, column, kind, not_null, default, key, hidden = row
            shape[f"column {table}.{column}"] = _plain(f"{kind} {not_null} default {default} {key} {hidden}")
        for made in inspector.get_columns(table):
            if "computed" in made:
                shape[f"column {table}.{made['name']}"] += f" {_plain(made['computed'])}"
        for check in inspector.get_check_constraints(table):
            shape[f"constraint {table}.{check['name']}"] = _plain(check["sqltext"])
        for unique in inspector.get_unique_constraints(table):
            shape[f"constraint {table}.{unique['name']}"] = f"UNIQUE {unique['column_names']}"
        for key in inspector.get_foreign_keys(table):
            shape[f"constraint {table}.{key['name']}"] = (
                f"{key['constrained_columns']} to {key['referred_table']} {key['referred_columns']}"
                f" {key.get('options')}"
            )
    found = connection.exec_driver_sql(
        "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    )
    for table, name, sql in found.all():
        shape[f"index {table}.{name}"] = _plain(sql)
    return shape
