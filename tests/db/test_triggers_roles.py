"""What the roles themselves refuse, whatever the triggers say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from db import triggers
from db.actors import acting_as
from db.engine import make_engine
from db.errors import InvariantViolated, RoleRefused, explain
from db.roles import Role
from tests.db.arena import Arena, approve_sql, world
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two databases for the module, since whatever is tried is rolled back: a whole one, one without triggers."""
    with ExitStack() as stack:
        urls = []
        for name in ("whole", "bare"):
            if request.param == "sqlite":
                path = tmp_path_factory.mktemp("roles") / f"{name}.db"
                shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
                urls.append(f"sqlite:///{path}")
            else:
                server: PostgresServer = request.getfixturevalue("postgres_server")
                template = request.getfixturevalue("migrated_postgres")
                urls.append(stack.enter_context(server.database(template)))
            engine = make_engine(urls[-1], "owner")
            with engine.begin() as connection:
                Arena(connection).run(*world())
                if name == "bare":
                    triggers.remove(connection)
            engine.dispose()
        yield urls[0], urls[1]


@pytest.fixture
def world_url(worlds: tuple[str, str]) -> str:
    return worlds[0]


@pytest.fixture
def bare_url(worlds: tuple[str, str]) -> str:
    return worlds[1]


@pytest.fixture
def sqlite_world(world_url: str) -> str:
    if not world_url.startswith("sqlite"):
        pytest.skip("a statement of SQLite")
    return world_url


@pytest.fixture
def postgres_world(world_url: str) -> str:
    if world_url.startswith("sqlite"):
        pytest.skip("a statement of PostgreSQL")
    return world_url


def refusal(url: str, role: Role, *statements: str, actor: str = "agent:1") -> BaseException | None:
    """What stops the statements in one transaction of a connection of that role; None if nothing does."""
    engine = make_engine(url, role)
    try:
        with acting_as(actor), engine.connect() as connection:
            transaction = connection.begin()
            try:
                for statement in statements:
                    connection.execution_options(no_parameters=True).exec_driver_sql(statement)
            except DBAPIError as exc:
                return explain(exc) or exc
            finally:
                transaction.rollback()
    finally:
        engine.dispose()
    return None


# table rules of both databases: the role, the statement
REFUSED: list[tuple[Role, str]] = [
    ("agent", approve_sql("d_plain")),
    ("agent", "UPDATE approvals SET decision = 'approve'"),
    ("agent", "DELETE FROM approvals"),
    ("agent", "UPDATE audit_log SET changed_by = 'user'"),
    ("agent", "DELETE FROM audit_log"),
    ("agent", "INSERT INTO audit_log (table_name, record_id, action, changed_by) VALUES ('x', 'x', 'insert', 'user')"),
    ("agent", "DELETE FROM suppressions"),
    ("agent", "UPDATE suppressions SET reason = NULL"),
    ("agent", "DELETE FROM deliveries"),
    ("agent", "UPDATE message_versions SET body = 'x'"),
    ("agent", "DELETE FROM message_versions"),
    ("agent", "UPDATE alembic_version SET version_num = '0'"),
    ("agent", "ALTER TABLE approvals RENAME TO a"),
    ("agent", "DROP TABLE approvals"),
    ("user", "UPDATE approvals SET decision = 'approve'"),
    ("user", "DELETE FROM approvals"),
    ("user", "UPDATE audit_log SET changed_by = 'user'"),
    ("user", "DELETE FROM audit_log"),
    ("user", "INSERT INTO audit_log (table_name, record_id, action, changed_by) VALUES ('x', 'x', 'insert', 'user')"),
    ("user", "DELETE FROM deliveries"),
    ("user", "UPDATE alembic_version SET version_num = '0'"),
    ("user", "DROP TABLE approvals"),
]


@pytest.mark.parametrize(("role", "statement"), REFUSED)
def test_the_role_refuses(world_url: str, role: Role, statement: str) -> None:
    stopped = refusal(world_url, role, statement)
    assert isinstance(stopped, RoleRefused), stopped


@pytest.mark.parametrize("statement", sorted({statement for _role, statement in REFUSED}))
def test_it_was_the_role_and_the_triggers_that_refused(bare_url: str, statement: str) -> None:
    assert refusal(bare_url, "owner", statement) is None


@pytest.mark.parametrize(("role", "statement"), REFUSED)
def test_without_the_triggers_the_role_still_refuses(bare_url: str, role: Role, statement: str) -> None:
    assert isinstance(refusal(bare_url, role, statement), RoleRefused)


def test_without_the_role_the_triggers_alone_hold(world_url: str) -> None:
    assert isinstance(refusal(world_url, "owner", approve_sql("d_plain")), InvariantViolated)
    assert refusal(world_url, "owner", approve_sql("d_plain"), actor="user:ann") is None


def test_a_person_may_approve_and_lift(world_url: str) -> None:
    assert refusal(world_url, "user", approve_sql("d_plain"), actor="user:ann") is None
    assert refusal(world_url, "user", "DELETE FROM suppressions", actor="user:ann") is None


SQLITE_ONLY = [
    "PRAGMA recursive_triggers=OFF",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA defer_foreign_keys=ON",
    "PRAGMA writable_schema=ON",
    "PRAGMA ignore_check_constraints=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA query_only=OFF",
    "PRAGMA journal_mode=OFF",
    "PRAGMA case_sensitive_like=ON",
    "PRAGMA main.recursive_triggers(0)",
    "DROP TRIGGER approvals_no_delete",
    "DROP INDEX idx_deliveries_touch",
    "CREATE TRIGGER t BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TEMP TRIGGER t BEFORE INSERT ON main.audit_log BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TABLE t (id)",
    "CREATE TEMP TABLE approvals (id)",
    "CREATE TEMP VIEW approvals AS SELECT 1",
    "CREATE VIRTUAL TABLE t USING fts5(x)",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "COMMIT",
    "END",
    "ROLLBACK",
    "UPDATE sqlite_sequence SET seq = 0",
    "DELETE FROM sqlite_master",
    "REINDEX",
    "ANALYZE",
    "SELECT load_extension('x')",
]


@pytest.mark.parametrize("role", ["agent", "user"])
@pytest.mark.parametrize("statement", SQLITE_ONLY)
def test_the_gate_refuses(sqlite_world: str, role: Role, statement: str) -> None:
    assert isinstance(refusal(sqlite_world, role, statement), RoleRefused)


def test_pragmas_that_only_tell_are_allowed(sqlite_url: str) -> None:
    telling = ("PRAGMA recursive_triggers", "PRAGMA table_info(contacts)", "PRAGMA foreign_key_check")
    assert refusal(sqlite_url, "agent", *telling) is None


POSTGRESQL_ONLY = [
    "TRUNCATE approvals",
    "TRUNCATE contacts CASCADE",
    "SET session_replication_role = replica",
    "ALTER TABLE approvals DISABLE TRIGGER ALL",
    "DROP TRIGGER approvals_no_delete ON approvals",
    "CREATE TRIGGER t BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION outreach_no_truncate()",
    "CREATE TABLE t (id text)",
    "CREATE RULE r AS ON INSERT TO audit_log DO INSTEAD NOTHING",
    "CREATE OR REPLACE FUNCTION outreach_no_truncate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "WITH x AS (DELETE FROM approvals RETURNING id) SELECT count(*) FROM x",
    "COPY approvals (id) FROM PROGRAM 'true'",
]


@pytest.mark.parametrize("role", ["agent", "user"])
@pytest.mark.parametrize("statement", POSTGRESQL_ONLY)
def test_the_database_role_refuses(postgres_world: str, role: Role, statement: str) -> None:
    assert isinstance(refusal(postgres_world, role, statement), RoleRefused)


SHADOW = (
    "CREATE TEMP TABLE approvals AS SELECT 'd_plain' AS draft_id, 1 AS version, 'c_open' AS contact_id,"
    " 'approve' AS decision, NULL::timestamptz AS expires_at, 1 AS ordinal"
)
READY = "UPDATE message_drafts SET approval_status = 'ready' WHERE id = 'd_plain'"


def test_a_temporary_table_cannot_stand_in_for_approvals(postgres_url: str) -> None:
    engine = make_engine(postgres_url, "owner")
    with engine.begin() as connection:
        Arena(connection).run(*world())
    assert isinstance(refusal(postgres_url, "agent", SHADOW, READY), InvariantViolated)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER FUNCTION outreach_draft_approved_update() RESET search_path")
    engine.dispose()
    assert refusal(postgres_url, "agent", SHADOW, READY) is None


@pytest.fixture
def member_url(postgres_url: str) -> Iterator[str]:
    """The URL of a login that is a member of the agent's role and of nothing else."""
    login = make_url(postgres_url).database
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(f'CREATE ROLE "{login}" LOGIN NOINHERIT IN ROLE outreach_agent'))
    yield make_url(postgres_url).set(username=login).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f'DROP ROLE "{login}"'))
    engine.dispose()


@pytest.mark.parametrize("escape", ["RESET ROLE", "SET ROLE outreach_user", "SET SESSION AUTHORIZATION postgres"])
def test_a_login_of_its_own_cannot_leave_the_role(member_url: str, escape: str) -> None:
    assert refusal(member_url, "agent", "UPDATE accounts SET name = name") is None
    assert isinstance(refusal(member_url, "agent", escape, approve_sql("d_plain")), RoleRefused)


def test_a_role_that_was_taken_off_is_back_in_the_next_transaction(postgres_url: str) -> None:
    engine = make_engine(postgres_url, "agent", pool_size=1)
    for _ in range(2):
        with engine.begin() as connection:
            assert connection.execute(text("SELECT current_user")).scalar_one() == "outreach_agent"
            connection.exec_driver_sql("RESET ROLE")
    engine.dispose()


def test_tables_made_later_are_granted(postgres_url: str) -> None:
    engine = make_engine(postgres_url, "owner")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE checkpoints (id bigserial PRIMARY KEY, thread_id text)")
    engine.dispose()
    statement = "INSERT INTO checkpoints (thread_id) VALUES ('t')"
    assert refusal(postgres_url, "agent", statement, "UPDATE checkpoints SET thread_id = 'u'") is None
