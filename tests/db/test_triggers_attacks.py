"""Every invariant attacked by raw SQL with the application's role, and again without the one thing that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import make_engine
from db.triggers import guards_postgresql, guards_sqlite
from db.triggers.rules import rules
from tests.db.arena import Arena, Attack, world
from tests.db.attacks_contacts import CONTACT_ATTACKS, TOUCH_ATTACKS
from tests.db.attacks_deliveries import CLAIM_ATTACKS, ONCE_ATTACKS
from tests.db.attacks_drafts import DRAFT_ATTACKS, READY_ATTACKS
from tests.db.attacks_log import APPROVAL_ATTACKS, AUDIT_ATTACKS, EXPERIMENT_ATTACKS
from tests.support.postgres import PostgresServer

ATTACKS = [
    *READY_ATTACKS,
    *DRAFT_ATTACKS,
    *CLAIM_ATTACKS,
    *TOUCH_ATTACKS,
    *CONTACT_ATTACKS,
    *APPROVAL_ATTACKS,
    *ONCE_ATTACKS,
    *AUDIT_ATTACKS,
    *EXPERIMENT_ATTACKS,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def arena(
    request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("arena") / "outreach.db"
        path.write_bytes(migrated_sqlite.read_bytes())
        yield from _arena(f"sqlite:///{path}")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("migrated_postgres")) as url:
        yield from _arena(url)


def _arena(url: str) -> Iterator[Arena]:
    engine = make_engine(url, "owner")
    with engine.connect() as connection, connection.begin() as transaction:
        arena = Arena(connection)
        arena.run(*world())
        yield arena
        transaction.rollback()
    engine.dispose()


def _take_away(arena: Arena, attack: Attack) -> None:
    if not attack.without:
        name = attack.control
        if arena.dialect == "postgresql" and name.startswith("audit_") and "_no_" not in name:
            name = name.rpartition("_")[0]  # one trigger there for all three events
        arena.run(f"-{name}")
    for control in attack.without:
        kind, *names = control.split()
        if kind == "INDEX":
            arena.run(f"DROP INDEX {names[0]}")
        elif arena.dialect == "postgresql":
            arena.run(f"ALTER TABLE {names[0]} DROP CONSTRAINT {names[1]}")
        elif kind == "CHECK":
            arena.run("PRAGMA ignore_check_constraints=ON")
        else:
            pytest.skip("refused, but SQLite cannot drop a UNIQUE constraint in place to prove by what")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.control}: {attack.name}")
def test_refused_and_only_by_its_control(arena: Arena, attack: Attack) -> None:
    if attack.only not in (None, arena.dialect):
        pytest.skip(f"a statement of {attack.only}")
    with arena.undone():
        arena.run(*attack.before)
        refusal, _ = arena.attack(attack.role, attack.actor, attack.statements)
        assert refusal is not None, "the attack got through"
        _take_away(arena, attack)
        refusal, rows = arena.attack(attack.role, attack.actor, attack.statements)
        if arena.dialect == "sqlite":
            arena.run("PRAGMA ignore_check_constraints=OFF")
        assert refusal is None, f"something else refuses it as well: {refusal}"
        assert rows != 0, "the attack hit nothing"


@pytest.mark.parametrize("words", [guards_sqlite.WORDS, guards_postgresql.WORDS], ids=lambda words: words.dialect)
def test_every_rule_is_attacked(words: object) -> None:
    attacked = {attack.control for attack in ATTACKS}
    refusing = {rule.name for rule in rules(words) if rule.refusals}  # type: ignore[arg-type]
    assert refusing <= attacked
