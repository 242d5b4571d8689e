"""Compares a database with what it should be, so that whatever its owner could undo in silence is found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from db import shape, triggers
from db.audit import Head, compare, verify
from db.engine import make_engine, sqlite_path
from db.migrate import current_revision
from db.models import Base
from db.revisions import head
from db.roles import ACTIONS, PG_ROLES, REFUSED

UPGRADE: Final = "run `outreach db upgrade`"
_LAY_ANEW: Final = f"{UPGRADE}, which lays all triggers and grants anew; then find out who changed it"
_TAMPERED: Final = "restore a backup, or keep this database as evidence; what it says of the past is not proven"
_RESHAPED: Final = "restore a backup, or undo the change that was made by hand"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be: what, and what to do about it."""

    kind: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.what}: {self.hint}"


def check(url: str, exported_head: Head | None = None) -> list[Difference]:
    """Everything in which the database at `url` differs from what this version of the program expects.

    Migrations, tables with their columns, constraints and indexes, triggers with their functions, the roles'
    grants, foreign keys, the audit chain, and the chain against a head that was exported earlier. Log in as the
    owner. Nothing is changed.

    Raises:
        sqlalchemy.exc.DBAPIError: the database cannot be reached.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return [Difference("migration", f"there is no database at {path}", "run `outreach init`")]
    # PostgreSQL needs a scratch schema for the comparison; it is rolled back.
    engine = make_engine(url, "owner", pool_size=1, read_only=path is not None)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            found = list(_differences(connection, exported_head))
            transaction.rollback()
            return found
    finally:
        engine.dispose()


def _differences(connection: Connection, exported_head: Head | None) -> Iterator[Difference]:
    at, newest = current_revision(connection), head()
    if at is None:
        yield Difference("migration", "the database was never migrated", "run `outreach init`")
        return
    if at != newest:
        yield Difference("migration", f"the database stands at migration {at}, not {newest}", UPGRADE)
        return
    yield from _shape(connection)
    if connection.dialect.name == "sqlite":
        yield from _sqlite_triggers(connection)
        yield from _dangling(connection)
    else:
        yield from _postgresql_triggers(connection)
        yield from _postgresql_functions(connection)
        yield from _grants(connection)
    yield from _chain(connection, exported_head)


def _shape(connection: Connection) -> Iterator[Difference]:
    wanted, actual = shape.wanted(connection), shape.actual(connection)
    for name in sorted(wanted.keys() | actual.keys()):
        if name not in actual:
            yield Difference("schema", f"{name} is missing", _RESHAPED)
        elif name not in wanted:
            yield Difference("schema", f"{name} should not be there", _RESHAPED)
        elif wanted[name] != actual[name]:
            yield Difference("schema", f"{name} is {actual[name]!r}, not {wanted[name]!r}", _RESHAPED)


def _compare(kind: str, expected: dict[str, object], found: dict[str, object]) -> Iterator[Difference]:
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield Difference(kind, f"{kind} {name} is missing", _LAY_ANEW)
        elif name not in expected:
            yield Difference(kind, f"{kind} {name} should not be there", _LAY_ANEW)
        elif expected[name] != found[name]:
            yield Difference(kind, f"{kind} {name} is not the one that belongs here", _LAY_ANEW)


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def _sqlite_triggers(connection: Connection) -> Iterator[Difference]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    expected: dict[str, object] = {name: _plain(sql) for name, sql in triggers.expected("sqlite").items()}
    yield from _compare("trigger", expected, {name: _plain(sql) for name, sql in rows})


def _dangling(connection: Connection) -> Iterator[Difference]:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    for table in sorted({str(row[0]) for row in rows}):
        yield Difference("rows", f"rows of {table} refer to rows that are not there", _RESHAPED)


def _postgresql_triggers(connection: Connection) -> Iterator[Difference]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, c.relname, pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
        )
    ).all()
    expected: dict[str, object] = {
        name: (sql, "A") for name, sql in triggers.expected("postgresql").items() if sql.startswith("CREATE TRIGGER")
    }
    found: dict[str, object] = {
        # The text leaves the schema out where it is on the search path.
        name: (re.sub(r" ON (?!public\.)", " ON public.", sql, count=1), str(enabled))
        for name, table, sql, enabled in rows
        if table in Base.metadata.tables
    }
    yield from _compare("trigger", expected, found)


def _postgresql_functions(connection: Connection) -> Iterator[Difference]:
    rows = connection.execute(
        text(
            "SELECT proname, prosrc, prosecdef, proconfig FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'outreach_')"
        )
    ).all()
    expected: dict[str, object] = {}
    for name, sql in triggers.expected("postgresql").items():
        if sql.startswith("CREATE FUNCTION"):
            before, body, _rest = sql.split("$outreach$")
            settings = re.findall(r"SET (\w+) TO ((?:'\w+'(?:, )?)+)", before)
            said = sorted(f"{key}={value}".replace("'", "").lower() for key, value in settings)
            expected[name] = (body, "SECURITY DEFINER" in before, said)
    found: dict[str, object] = {
        name: (body, bool(definer), sorted(str(item).replace('"', "").lower() for item in settings or ()))
        for name, body, definer, settings in rows
    }
    yield from _compare("function", expected, found)


def _grants(connection: Connection) -> Iterator[Difference]:
    tables = [*Base.metadata.tables, "alembic_version"]
    for role, name in PG_ROLES.items():
        powers = connection.execute(
            text("SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = :name"),
            {"name": name},
        ).scalar_one_or_none()
        if powers is None:
            yield Difference("role", f"role {name} is missing", UPGRADE)
            continue
        if powers:
            yield Difference("role", f"role {name} has powers beyond its grants", f"ALTER ROLE {name} NOSUPERUSER …")
        rows = connection.execute(
            text(
                "SELECT c.relname, p.privilege, has_table_privilege(:name, c.oid, p.privilege) AS may,"
                " pg_has_role(:name, c.relowner, 'USAGE') AS owns"
                " FROM pg_class c, unnest(CAST(:privileges AS text[])) AS p(privilege)"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (:tables)"
            ),
            {"name": name, "privileges": ["SELECT", *ACTIONS, "TRUNCATE", "TRIGGER"], "tables": tables},
        ).all()
        for table, privilege, may, owns in rows:
            refused = REFUSED[role].get(table, ())
            should = privilege == "SELECT" or (privilege in ACTIONS and privilege not in refused)
            if owns:
                yield Difference("role", f"role {name} owns table {table}", f"ALTER TABLE {table} OWNER TO …")
            elif may != should:
                word = "may" if may else "may not"
                yield Difference("role", f"role {name} {word} {privilege} on {table}", _LAY_ANEW)


def _chain(connection: Connection, exported_head: Head | None) -> Iterator[Difference]:
    with Session(bind=connection) as session:
        report = verify(session)
        if report.broken is not None:
            yield Difference("audit", f"the audit log is broken: {report.broken.reason}", _TAMPERED)
        if report.unsealed and connection.dialect.name == "sqlite":
            yield Difference("audit", f"{report.unsealed} rows of the audit log are not sealed", _TAMPERED)
        cut = None if exported_head is None else compare(session, exported_head)
        if cut is not None:
            yield Difference("audit", cut, _TAMPERED)
