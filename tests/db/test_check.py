"""`db check` finds what an owner could undo in silence."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from db.access import Database
from db.actors import acting_as
from db.audit import Head, head, seal
from db.check import check
from db.engine import make_engine
from db.migrate import upgrade
from db.models import Account


def as_owner(url: str, *statements: str) -> None:
    engine = make_engine(url, "owner")
    with acting_as("user"), engine.begin() as connection:
        for statement in statements:
            connection.execution_options(no_parameters=True).exec_driver_sql(statement)
    engine.dispose()


def filled(url: str) -> Head:
    with Database(url) as database, acting_as("agent:1"):
        for name in ("One", "Two", "Three"):
            database.write_sync(lambda session, name=name: session.add(Account(name=name)))
        database.write_sync(seal)
        found = database.read_sync(head)
    assert found is not None
    return found


def test_a_migrated_database_has_no_differences(database_url: str) -> None:
    exported = filled(database_url)
    assert check(database_url, exported) == []


def test_an_empty_database_is_one_difference(empty_database_url: str) -> None:
    assert [difference.kind for difference in check(empty_database_url)] == ["migration"]


DROP_TRIGGER = {"sqlite": "DROP TRIGGER {0}", "postgresql": "DROP TRIGGER {0} ON {1}"}

CHANGES: list[tuple[str, str | None, list[str]]] = [
    # what must be said, on which database only, what was done
    ("index accounts.idx_accounts_domain is missing", None, ["DROP INDEX idx_accounts_domain"]),
    ("column accounts.extra should not be there", None, ["ALTER TABLE accounts ADD COLUMN extra TEXT"]),
    ("column accounts.notes is missing", None, ["ALTER TABLE accounts RENAME COLUMN notes TO note"]),
    ("stands at migration 0000", None, ["UPDATE alembic_version SET version_num = '0000'"]),
    ("trigger delivery_kept is missing", "sqlite", ["DROP TRIGGER delivery_kept"]),
    ("trigger delivery_kept is missing", "postgresql", ["DROP TRIGGER delivery_kept ON deliveries"]),
    (
        "trigger delivery_kept is not the one",
        "sqlite",
        [
            "DROP TRIGGER delivery_kept",
            "CREATE TRIGGER delivery_kept BEFORE DELETE ON deliveries BEGIN SELECT 1; END",
        ],
    ),
    (
        "trigger mine should not be there",
        "sqlite",
        ["CREATE TRIGGER mine BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END"],
    ),
    (
        "trigger delivery_kept is not the one",
        "postgresql",
        ["ALTER TABLE deliveries DISABLE TRIGGER delivery_kept"],
    ),
    (
        "trigger delivery_kept is not the one",
        "postgresql",
        ["ALTER TABLE deliveries ENABLE TRIGGER delivery_kept"],
    ),
    (
        "function outreach_delivery_kept is not the one",
        "postgresql",
        [
            "CREATE OR REPLACE FUNCTION outreach_delivery_kept() RETURNS trigger LANGUAGE plpgsql"
            " SET search_path TO 'public', 'pg_temp' AS 'BEGIN RETURN OLD; END'"
        ],
    ),
    (
        "function outreach_draft_approved_update is not the one",
        "postgresql",
        ["ALTER FUNCTION outreach_draft_approved_update() RESET search_path"],
    ),
    (
        "constraint approvals.ck_approvals_decided_by is missing",
        "postgresql",
        ["ALTER TABLE approvals DROP CONSTRAINT ck_approvals_decided_by"],
    ),
    (
        "role outreach_agent may INSERT on approvals",
        "postgresql",
        ["GRANT INSERT ON approvals TO outreach_agent"],
    ),
    (
        "role outreach_agent may not UPDATE on contacts",
        "postgresql",
        ["REVOKE UPDATE ON contacts FROM outreach_agent"],
    ),
    (
        "row 2 was changed after it was sealed",
        "sqlite",
        ["DROP TRIGGER audit_log_no_update", "UPDATE audit_log SET changed_by = 'user:bob' WHERE seal_no = 2"],
    ),
    (
        "row 2 was changed after it was sealed",
        "postgresql",
        [
            "ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_update",
            "UPDATE audit_log SET changed_by = 'user:bob' WHERE seal_no = 2",
        ],
    ),
    (
        "row 1 is missing",
        "sqlite",
        ["DROP TRIGGER audit_log_no_delete", "DELETE FROM audit_log WHERE seal_no = 1"],
    ),
    (
        "the end of the audit log was cut off",
        "sqlite",
        ["DROP TRIGGER audit_log_no_delete", "DELETE FROM audit_log WHERE seal_no = 3"],
    ),
    (
        "the end of the audit log was cut off",
        "postgresql",
        [
            "ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_delete",
            "DELETE FROM audit_log WHERE seal_no = 3",
        ],
    ),
]


@pytest.mark.parametrize(("said", "only", "changes"), CHANGES)
def test_a_change_is_found(database_url: str, said: str, only: str | None, changes: list[str]) -> None:
    if only is not None and not database_url.startswith(only):
        pytest.skip(f"a change of {only}")
    exported = filled(database_url)
    as_owner(database_url, *changes)
    found = [str(difference) for difference in check(database_url, exported)]
    assert any(said in sentence for sentence in found), found


def test_triggers_that_were_lost_come_back_with_an_upgrade(database_url: str) -> None:
    drop = DROP_TRIGGER["sqlite" if database_url.startswith("sqlite") else "postgresql"]
    as_owner(database_url, drop.format("contact_lift", "contacts"))
    assert check(database_url) != []
    upgrade(database_url)
    assert check(database_url) == []


def test_checking_changes_nothing(database_url: str) -> None:
    filled(database_url)
    check(database_url)
    with Database(database_url) as database:
        rows = database.read_sync(lambda session: session.execute(text("SELECT count(*) FROM audit_log")).scalar_one())
    assert rows == 3
