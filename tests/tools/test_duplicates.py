"""Doubtful pairs, on both databases. All organisations are invented."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from db.access import Database
from db.actors import acting_as
from db.models import AgentAuditLog, AgentRun, ExternalId, HygieneFlag, Prospect
from tests.support.rows import make_prospect
from tools.duplicates import all_pairs, each_has_its_own, find_pairs, keep_verdict

RUN = "b" * 32
PLAYBOOK = "sports-lighting"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with Database(database_url) as database, acting_as(f"agent:{RUN}"):
        database.write_sync(lambda s: s.add(AgentRun(id=RUN, run_type="hygiene", agent_name="hygiene")))
        yield database


def add(
    db: Database, name: str, *, state: str = "OH", domain: str | None = None, ids: dict[str, str] | None = None
) -> str:
    def make(session: Any) -> str:
        prospect = make_prospect(session, name=name, state=state)
        prospect.account.domain = domain
        for source, external_id in (ids or {}).items():
            session.add(
                ExternalId(
                    table_name="accounts", record_id=prospect.account_id, source=source, external_id=external_id,
                    payload={"UNITID": external_id},
                )
            )  # fmt: skip
        return str(prospect.id)

    return db.write_sync(make)


def names(db: Database) -> list[set[str]]:
    return db.read_sync(lambda s: [{p.first.name, p.second.name} for p in find_pairs(s, PLAYBOOK)])


def test_likely_pairs_are_found_once(db: Database) -> None:
    add(db, "Oakmont University")
    add(db, "Oakmnt University, The")
    add(db, "Willow College", domain="willow.example")
    add(db, "Willow School of Art", domain="willow.example")
    add(db, "Quarry College")
    found = names(db)
    assert {"Oakmont University", "Oakmnt University, The"} in found
    assert {"Willow College", "Willow School of Art"} in found
    assert len(found) == 2


def test_ids_of_one_source_and_states_keep_records_apart(db: Database) -> None:
    add(db, "Westbrook University", ids={"directory": "1"})
    add(db, "Westbrook University", ids={"directory": "2"}, domain="westbrook.example")
    add(db, "Westbrook University", ids={"another list": "3"}, domain="westbrook.example")
    add(db, "Eastbrook University", state="OH")
    add(db, "Eastbrook University", state="PA")
    # The third numbers its records by the same telling column, so its id sets it apart as well.
    assert names(db) == []


def test_one_name_and_one_web_host_are_certain_a_name_alone_is_doubtful(db: Database) -> None:
    add(db, "Westbrook University", ids={"directory": "1"}, domain="westbrook.example")
    add(db, "Westbrook University", domain="westbrook.example")
    add(db, "Oakmont University", domain="oakmont.example")
    add(db, "Oakmont University")
    pairs = db.read_sync(lambda s: [(p.first.name, p.certain) for p in all_pairs(s, PLAYBOOK)])
    assert sorted(pairs) == [("Oakmont University", False), ("Westbrook University", True)]
    assert names(db) == [{"Oakmont University"}]


def test_a_key_made_of_a_name_is_no_id(db: Database) -> None:
    add(db, "Oakmont High School", ids={"a list": "name:oakmont high school|akron|OH"})
    add(db, "Oakmont Hgh School", ids={"a list": "name:oakmont hgh school|akron|OH"})
    assert len(names(db)) == 1


def test_campuses_stay_apart(db: Database) -> None:
    add(db, "Oakmont State University and College of Technology-Erie Campus")
    add(db, "Oakmont State University and College of Technology-York Campus")
    assert names(db) == []
    assert each_has_its_own("Oakmont University-East", "Oakmont University-North")
    assert not each_has_its_own("Oakmont University", "Oakmont University-North")
    assert not each_has_its_own("Oakmont Univ.", "Oakmnt University")


@pytest.mark.parametrize(("verdict", "flags"), [("different", 0), ("same", 1), ("unsure", 1)])
def test_a_verdict_is_remembered_and_asked_for_once(db: Database, verdict: Any, flags: int) -> None:
    one, other = add(db, "Oakmont University"), add(db, "Oakmont University")
    for _ in range(2):
        db.write_sync(lambda s: keep_verdict(s, RUN, (one, other), verdict, "It says so."))
    assert names(db) == []
    found = db.read_sync(lambda s: s.scalars(select(HygieneFlag)).all())
    assert [(f.prospect_id, f.other_prospect_id, f.flag_type) for f in found] == [
        (one, other, "duplicate_suspect")
    ] * flags
    journal = db.read_sync(lambda s: s.scalars(select(AgentAuditLog)).all())
    assert [(e.action, e.requires_review) for e in journal] == [("duplicate_judged", bool(flags))]


def test_deleted_prospects_make_no_pairs(db: Database) -> None:
    add(db, "Oakmont University")
    other = add(db, "Oakmont University")

    def delete(session: Any) -> None:
        from db.base import utc_now

        session.get_one(Prospect, other).deleted_at = utc_now()

    db.write_sync(delete)
    assert names(db) == []
