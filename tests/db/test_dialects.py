"""What was compiled for one engine serves every other of its kind."""

from pathlib import Path

from sqlalchemy import literal, select

from db.dialects import COMPILED
from db.engine import make_engine
from db.models import Batch


def test_a_second_engine_compiles_nothing_again(database_url: str) -> None:
    statement = select(Batch.id, literal("told once").label("only_here"))
    kept = []
    for role in ("owner", "user", "agent"):
        engine = make_engine(database_url, role)
        with engine.connect() as connection:
            connection.execute(statement)
        engine.dispose()
        kept.append(sum(compiled.string.count("only_here") for compiled in COMPILED.values()))
    assert kept[0] >= 1
    assert kept[1:] == kept[:1] * 2


def test_the_databases_do_not_share(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    statement = select(literal(1).label("either"), literal("x").concat("y"))
    for url in (sqlite_url, postgres_url, f"sqlite:///{tmp_path / 'other.db'}"):
        engine = make_engine(url)
        with engine.connect() as connection:
            assert connection.execute(statement).one() == (1, "xy")
        engine.dispose()
    assert len({type(compiled) for compiled in COMPILED.values() if "either" in compiled.string}) == 2
