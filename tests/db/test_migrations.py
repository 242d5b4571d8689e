"""The migrations bring an empty database to exactly what the models say, on both databases."""

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import db.migrate
import db.migrations
from db.access import Database
from db.actors import acting_as
from db.check import check
from db.engine import make_engine
from db.migrate import current, downgrade, upgrade
from db.models import AgentRun, Base, OutreachTemplate
from db.revisions import VERSIONS, head, revisions
from tests.support.rows import make_contact, make_draft

SQLITE_OBJECTS = """
    SELECT type, name, sql FROM sqlite_master
    WHERE type IN ('table', 'index') AND sql IS NOT NULL
      AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'
"""
POSTGRES_OBJECTS = {
    "columns": """
        SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default,
               is_identity, identity_generation, is_generated, generation_expression
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
          AND contype IN ('c', 'f', 'p', 'u', 'n')
    """,
    "indexes": """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    """,
}


def described(connection: Connection) -> dict[str, Any]:
    """All that the database itself says about its tables: columns, types, defaults, CHECKs, keys, indexes."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text(SQLITE_OBJECTS)).all()
        return {f"{kind} {name}": in_order(sql) for kind, name, sql in rows}
    return {
        kind: sorted(map(tuple, connection.execute(text(query)).all()), key=repr)
        for kind, query in POSTGRES_OBJECTS.items()
    }


def in_order(sql: str) -> list[str]:
    """The statement with its table constraints sorted: they have no order that matters. SQLite quotes the name of a
    table that was renamed, and Alembic puts brackets around what it has read, when a migration makes a table anew."""
    sql = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", sql).replace("(CURRENT_TIMESTAMP)", "CURRENT_TIMESTAMP")
    columns, *constraints = re.split(r", (?=CONSTRAINT )", re.sub(r"\s+", " ", sql).removesuffix(" )"))
    return [columns, *sorted(constraints)]


def owner(url: str) -> Engine:
    return make_engine(url, "owner")


def made_by_models(url: str) -> dict[str, Any]:
    engine = owner(url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        found = described(connection)
    engine.dispose()
    return found


def test_the_names_of_the_files_say_what_the_scripts_say() -> None:
    """The rest of the program goes by the names."""
    scripts = ScriptDirectory(str(VERSIONS.parent))
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(revisions()))
    assert scripts.get_heads() == [head()]


def test_migrated_is_what_the_models_make(database_url: str, empty_twin_url: str) -> None:
    engine = owner(database_url)
    with engine.connect() as connection:
        migrated = described(connection)
    engine.dispose()

    models = made_by_models(empty_twin_url)
    told = {}
    for what in sorted({*models, *migrated}):
        wanted, there = models.get(what, []), migrated.get(what, [])
        missing, too_much = [x for x in wanted if x not in there], [x for x in there if x not in wanted]
        if missing or too_much:
            told[what] = {"the models say": missing, "the migrations make": too_much}
    assert told == {}, (
        "a new revision brings the one to the other; how constraints are named: db/columns.py, NAMING; "
        "a column that was added stands last: sort_order"
    )


# PostgreSQL writes the generated column's expression in its own words; the test above compares it.
@pytest.mark.filterwarnings("ignore:Computed default on contacts.full_name")
def test_autogenerate_finds_nothing_to_do(database_url: str) -> None:
    engine = owner(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []


def test_upgrade_reaches_the_head_and_may_run_again(empty_database_url: str) -> None:
    assert current(empty_database_url) is None
    assert upgrade(empty_database_url) == head()
    assert upgrade(empty_database_url) == head()

    engine = owner(empty_database_url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(OutreachTemplate)) == 9
    engine.dispose()
    assert current(empty_database_url) == head()


def test_downgrade_to_base_leaves_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    downgrade(empty_database_url, "base")

    engine = owner(empty_database_url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        left = (
            "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"
            if connection.dialect.name == "sqlite"
            else "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
        assert connection.scalar(text(left)) == 0
    engine.dispose()
    assert upgrade(empty_database_url) == head()


def test_a_failing_migration_leaves_the_database_as_it_was(empty_database_url: str) -> None:
    engine = owner(empty_database_url)
    with engine.begin() as connection:
        # The first migration makes some twenty tables before it meets this one.
        connection.execute(text("CREATE TABLE touchpoints (id TEXT)"))

    with pytest.raises(Exception, match="already exists"):
        upgrade(empty_database_url)

    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["touchpoints"]
    engine.dispose()


def with_a_migration(folder: Path, body: str) -> Path:
    """The shipped scripts and one more, 9001, whose upgrade runs `body`."""
    scripts = folder / "migrations"
    shutil.copytree(VERSIONS.parent, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9001_more.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = '9001'\ndown_revision = {head()!r}\n\n\n"
        f"def upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
    )
    return scripts


def some_rows(url: str) -> None:
    """An organisation, a person, a draft and the run that wrote it: each points to another."""

    def write(session: Session) -> None:
        run = AgentRun(run_type="draft", agent_name="drafting", status="success")
        session.add(run)
        session.flush()
        session.add(AgentRun(run_type="qc", agent_name="qc", status="success", parent_run_id=run.id))
        make_draft(session, make_contact(session), agent_run_id=run.id)

    with Database(url, "user") as database, acting_as("user:kim"):
        database.write_sync(write)


def contents(url: str) -> dict[str, list[Any]]:
    engine = owner(url)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        rows = {name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")))) for name in names}
    engine.dispose()
    return rows


def test_a_migration_may_make_each_table_anew(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As SQLite does for any change of a column or a CHECK, with rows in it that others point to."""
    some_rows(sqlite_url)
    before = contents(sqlite_url)
    tables = [table for table in before if before[table]]
    assert {"accounts", "prospects", "contacts", "message_drafts", "agent_runs", "audit_log"} <= set(tables)
    body = f"""
    for table in {tables!r}:
        with op.batch_alter_table(table, recreate="always"):
            pass
    # What is reflected of an index says nothing of its order.
    op.drop_index("idx_contacts_priority", "contacts")
    op.create_index("idx_contacts_priority", "contacts", [sa.text("priority_score DESC")])
    """
    monkeypatch.setattr("db.migrate.SCRIPTS", with_a_migration(tmp_path, body))
    assert upgrade(sqlite_url) == "9001"
    assert contents(sqlite_url) == before
    downgrade(sqlite_url, head())
    assert check(sqlite_url) == []


def test_a_migration_that_tears_rows_apart_is_undone(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_rows(sqlite_url)
    before = contents(sqlite_url)
    monkeypatch.setattr("db.migrate.SCRIPTS", with_a_migration(tmp_path, "op.execute('DELETE FROM contacts')"))
    with pytest.raises(IntegrityError, match="rows of message_drafts point to none of contacts"):
        upgrade(sqlite_url)
    assert (contents(sqlite_url), current(sqlite_url)) == (before, head())


def test_an_upgrade_that_met_a_deadlock_is_made_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Laying triggers takes locks for which a worker may be waiting with locks of its own."""
    lay, tries = db.migrate._lay_triggers, []

    def deadlocked(connection: Connection) -> None:
        lay(connection)
        tries.append(1)
        if len(tries) < 3:
            connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '40P01'; END $$"))

    monkeypatch.setattr(db.migrate, "_lay_triggers", deadlocked)
    assert upgrade(postgres_url) == head()
    assert len(tries) == 3
    assert check(postgres_url) == []


def test_an_unknown_revision_is_refused(database_url: str) -> None:
    with pytest.raises(CommandError, match="9999"):
        upgrade(database_url, "9999")
    assert current(database_url) == head()


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert current(f"sqlite:///{path}") is None
    assert not path.exists()


def test_migrations_stand_alone_and_in_one_line() -> None:
    folder = Path(next(iter(db.migrations.__path__)))
    for file in (folder / "versions").glob("*.py"):
        imported = {
            name
            for node in ast.walk(ast.parse(file.read_text()))
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        }
        assert not any(name.startswith(("db.models", "db.columns", "db.enums")) for name in imported), file.name
    assert len(ScriptDirectory(str(folder)).get_heads()) == 1
