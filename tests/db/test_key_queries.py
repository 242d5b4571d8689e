"""The five key queries: their answers, and by their plans that an index gives them, on both databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, event, insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from db.engine import make_engine
from db.models import Account, Activity, Base, Contact, HygieneFlag, OutreachSequence, Prospect
from db.queries import key_queries as key
from db.soft_delete import install_soft_delete

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
PROSPECTS = 2000
ROWS = 4000
# A pipeline as it is: most organisations wait in nurture or are set aside.
STATUSES = ("nurture",) * 10 + ("deprioritized",) * 8 + ("scored", "needs_scoring")
TIERS = ("A1", "A2", "B", "C", "D")


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    """Some thousand rows in the tables alone: filling them through the audit triggers proves nothing here."""
    engine = make_engine(empty_database_url, "owner")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        fill(connection)
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    factory = sessionmaker(engine)
    install_soft_delete(factory)
    with factory() as session:
        yield session


def fill(connection: Connection) -> None:
    def put(model: type[Base], rows: list[dict[str, Any]]) -> None:
        table = model.__table__
        assert isinstance(table, Table)
        connection.execute(insert(table), rows)

    put(Account, [{"id": f"a{n}", "name": f"College {n}"} for n in range(PROSPECTS)])
    put(
        Prospect,
        [
            {
                "id": f"p{n}",
                "account_id": f"a{n}",
                "playbook": "sports-lighting",
                "name": f"College {n}",
                "venue_type": "college_d3",
                "state": "OH",
                "status": STATUSES[n % len(STATUSES)],
                "tier": TIERS[n // 20 % len(TIERS)],
                "icp_score": n % 101,
                "deleted_at": NOW if n == 19 else None,
                "updated_at": NOW - timedelta(hours=n),
            }
            for n in range(PROSPECTS)
        ],
    )
    put(Contact, [{"id": "c", "account_id": "a0", "prospect_id": "p0", "first_name": "Dana"}])
    put(
        Activity,
        [
            {
                "id": f"v{n}",
                "prospect_id": f"p{n % PROSPECTS}",
                "type": "note",
                "created_at": NOW - timedelta(hours=n),
            }
            for n in range(ROWS)
        ],
    )
    put(
        OutreachSequence,
        [
            {
                "id": f"s{n}",
                "prospect_id": f"p{n % PROSPECTS}",
                "contact_id": "c",
                "template_id": "a2-1",
                "tier": "A2",
                "total_steps": 3,
                "status": "active" if n % 20 == 0 else "completed",
                "next_step_at": NOW + timedelta(hours=n - ROWS // 20),
            }
            for n in range(ROWS)
        ],
    )
    put(
        HygieneFlag,
        [
            {
                "id": f"f{n}",
                "prospect_id": f"p{n % PROSPECTS}",
                "flag_type": "missing_email",
                "severity": ("info", "warning", "critical")[n % 3],
                "message": "no address",
                "created_at": NOW - timedelta(minutes=n),
                "resolved_at": None if n < 30 else NOW - timedelta(seconds=n),
            }
            for n in range(ROWS)
        ],
    )


def plan_of(session: Session, ask: Callable[[], object]) -> str:
    """The plan of the one statement that `ask` sends, word for word with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    [(statement, parameters)] = [item for item in sent if item[0].lstrip().upper().startswith("SELECT")][-1:]
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{explain} {statement}", parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def assert_uses_index(session: Session, ask: Callable[[], object], table: str, *indexes: str) -> None:
    plan = plan_of(session, ask)
    assert any(index in plan for index in indexes), plan
    if session.get_bind().dialect.name == "sqlite":
        assert "USING INDEX" in plan, plan
        assert f"SCAN {table}" not in plan, plan
    else:
        assert "Index Scan" in plan, plan
        assert "Seq Scan" not in plan, plan


def test_prospects_by_status_and_tier(session: Session) -> None:
    def ask() -> list[Prospect]:
        return list(key.prospects_by_status_and_tier(session, "needs_scoring", "A1"))

    found = ask()
    assert len(found) == PROSPECTS // 100 - 1
    assert {(row.status, row.tier) for row in found} == {("needs_scoring", "A1")}
    assert "p19" not in {row.id for row in found}
    scores = [row.icp_score for row in found]
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    assert_uses_index(session, ask, "prospects", "idx_prospects_status", "idx_prospects_tier")


def test_prospects_needing_action(session: Session) -> None:
    def ask() -> list[Prospect]:
        return list(key.prospects_needing_action(session))

    found = ask()
    assert len(found) == PROSPECTS // 20 - 1
    assert {row.status for row in found} == {"needs_scoring"}
    assert [row.updated_at for row in found] == sorted(row.updated_at for row in found)
    assert_uses_index(session, ask, "prospects", "idx_prospects_status")


def test_recent_activities(session: Session) -> None:
    def ask() -> list[Activity]:
        return list(key.recent_activities(session, NOW - timedelta(hours=24)))

    assert [row.id for row in ask()] == [f"v{n}" for n in range(24)]
    assert_uses_index(session, ask, "activities", "idx_activities_created_at")


def test_pending_outreach(session: Session) -> None:
    def ask() -> list[OutreachSequence]:
        return list(key.pending_outreach(session, NOW))

    assert [row.id for row in ask()] == [f"s{n}" for n in range(0, ROWS // 20, 20)]
    assert_uses_index(
        session,
        ask,
        "outreach_sequences",
        "idx_outreach_sequences_status",
        "idx_outreach_sequences_next_step_at",
    )


def test_unresolved_flags(session: Session) -> None:
    def ask() -> list[HygieneFlag]:
        return list(key.unresolved_flags(session))

    found = ask()
    assert [row.severity for row in found] == ["critical"] * 10 + ["warning"] * 10 + ["info"] * 10
    for severity in ("critical", "warning", "info"):
        times = [row.created_at for row in found if row.severity == severity]
        assert times == sorted(times)
    assert all(row.resolved_at is None for row in found)
    assert_uses_index(session, ask, "hygiene_flags", "idx_hygiene_flags_resolved_at")


def test_the_plan_test_can_fail(session: Session) -> None:
    with pytest.raises(AssertionError):
        assert_uses_index(
            session,
            lambda: session.scalars(select(Prospect).where(Prospect.city == "Ada")).all(),
            "prospects",
            "idx_prospects_status",
        )
