"""A command leaves the audit log sealed, and says what its login could do without us."""

import json
from pathlib import Path
from time import monotonic
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from db.access import Database
from db.actors import acting_as
from db.audit import unsealed, verify
from outreach.checks import check_login
from outreach.errors import Complaint
from outreach.integrity import inspect_database
from outreach.settings import Settings
from outreach.wiring import model_settings, open_database
from tests.outreach.conftest import Outreach
from tests.support.rows import make_prospect


@pytest.mark.parametrize("given", [None, 0.0, 0.3])
def test_the_model_s_temperature_is_the_one_set(tmp_path: Path, given: float | None) -> None:
    assert model_settings(Settings(home=tmp_path, model_temperature=given)).temperature == given


def settings_for(url: str, home: Path) -> Settings:
    return Settings(home=home, database_url=url)


def left(url: str) -> int:
    with Database(url, "user") as database:
        return database.read_sync(unsealed)


def test_what_a_command_wrote_is_sealed_when_it_ends(database_url: str, tmp_path: Path) -> None:
    with open_database(settings_for(database_url, tmp_path), "agent") as database, acting_as("agent:x"):
        for _ in range(3):
            database.write_sync(make_prospect)
    with Database(database_url, "user") as database:
        report = database.read_sync(verify)
    assert (report.whole, report.unsealed) == (True, 0)
    assert report.sealed >= 6


def test_also_where_it_failed(postgres_url: str, tmp_path: Path) -> None:
    def fail_on_the_way() -> None:
        with open_database(settings_for(postgres_url, tmp_path), "agent") as database, acting_as("agent:x"):
            database.write_sync(make_prospect)
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail_on_the_way()
    assert left(postgres_url) == 0


def test_what_only_reads_seals_nothing(postgres_url: str, tmp_path: Path) -> None:
    with Database(postgres_url, "agent") as database, acting_as("agent:x"):
        database.write_sync(make_prospect)
    before = left(postgres_url)
    assert before >= 2
    with open_database(settings_for(postgres_url, tmp_path), "user") as database:
        database.read_sync(lambda s: s.execute(text("SELECT 1")).one())
    assert left(postgres_url) == before
    report = inspect_database(settings_for(postgres_url, tmp_path))
    assert (report.differences, report.were_unsealed) == ([], before)
    assert left(postgres_url) == 0


def test_a_sealer_that_hangs_holds_nobody_up(postgres_url: str, tmp_path: Path) -> None:
    with Database(postgres_url, "agent") as first, acting_as("agent:x"):
        first.write_sync(make_prospect)
    with psycopg.connect(make_url(postgres_url).set(drivername="postgresql").render_as_string(False)) as holder:
        holder.execute("SELECT outreach_seal(1)")
        began = monotonic()
        with open_database(settings_for(postgres_url, tmp_path), "agent") as database, acting_as("agent:x"):
            database.write_sync(make_prospect)
        assert monotonic() - began < 8
        holder.rollback()
    assert left(postgres_url) >= 4


@pytest.fixture
def seller_url(postgres_url: str) -> str:
    """The same database, with a login made as the doctor says."""
    url, name = make_url(postgres_url), f"seller_{uuid4().hex[:8]}"
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True) as connection:
        login = sql.Identifier(name)
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x' IN ROLE outreach_agent, outreach_user").format(login)
        )
        connection.execute(sql.SQL("CREATE SCHEMA {0} AUTHORIZATION {0}").format(login))
    return url.set(username=name, password="x").render_as_string(False)


def test_the_doctor_tells_of_a_login_that_could_take_its_role_off(postgres_url: str, seller_url: str) -> None:
    owner = check_login(postgres_url)
    assert (owner.verdict, "is a superuser" in owner.says) == ("warn", True)
    assert "IN ROLE outreach_agent, outreach_user" in owner.mend
    assert check_login(seller_url).verdict == "ok"


def test_a_login_that_does_not_own_the_database_works_and_cannot_compare(
    seller_url: str, tmp_path: Path, outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_database(settings_for(seller_url, tmp_path), "agent") as database, acting_as("agent:x"):
        database.write_sync(make_prospect)
    assert left(seller_url) == 0
    with pytest.raises(Complaint, match="does not own the database"):
        inspect_database(settings_for(seller_url, tmp_path))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", seller_url)
    assert outreach("init").exit_code == 0
    found = {one["name"]: one["verdict"] for one in json.loads(outreach("doctor", "--json").stdout)}
    assert (found["triggers"], found["login"]) == ("warn", "ok")
    upgraded = outreach("db", "upgrade")
    assert (upgraded.exit_code, "cannot upgrade it" in upgraded.stderr) == (1, True)
