"""Doubtful pairs, on both databases. All organisations are invented."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.audit import seal
from db.engine import make_engine
from db.models import Account, AgentAuditLog, AgentRun, AuditLog, ExternalId, HygieneFlag, Merge, Prospect
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.merging import changed
from tools.merging.judging import decide, questions
from tools.merging.organisations import compare_prospects, each_has_its_own
from tools.merging.people import people_pairs
from tools.merging.unattended import flag_organisations, merge_organisations

RUN = "b" * 32
PLAYBOOK = "sports-lighting"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with Database(database_url) as database, acting_as(f"agent:{RUN}"):
        database.write_sync(lambda s: s.add(AgentRun(id=RUN, run_type="hygiene", agent_name="hygiene")))
        yield database


def add(
    db: Database,
    name: str,
    *,
    domain: str | None = None,
    ids: dict[str, str] | None = None,
    **values: Any,
) -> str:
    def make(session: Any) -> str:
        prospect = make_prospect(session, name=name, **values)
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
    return [said for said, certain in pairs(db) if not certain]


def pairs(db: Database, fresh: frozenset[str] | None = None) -> list[tuple[set[str], bool]]:
    """The pairs by their names, and whether they are certain."""

    def look(s: Any) -> list[tuple[set[str], bool]]:
        found = compare_prospects(s, PLAYBOOK, fresh)
        return [({s.get_one(Prospect, key).name for key in pair.ids}, pair.certain) for pair in found]

    return db.read_sync(look)


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
    assert ({"Westbrook University"}, True) in pairs(db)
    assert len(pairs(db)) == 2
    assert names(db) == [{"Oakmont University"}]


def test_a_key_made_of_a_name_is_no_id(db: Database) -> None:
    add(db, "Oakmont High School", ids={"a list": "name:oakmont high school|akron|OH"})
    add(db, "Oakmont Hgh School", ids={"a list": "name:oakmont hgh school|akron|OH"})
    assert len(names(db)) == 1


def test_a_web_domain_as_key_is_no_id(db: Database) -> None:
    """A list without ids is told apart by domains; a college with an old one would never be changed."""
    for domain in ("oakmont.example", "old-oakmont.example"):
        key = add(db, "Oakmont College", city="Akron", address="7 Oak Way", domain=domain)
        account = db.read_sync(lambda s, k=key: s.get_one(Prospect, k).account_id)  # type: ignore[misc]
        row = {"table_name": "accounts", "record_id": account, "source": "a list", "external_id": domain}
        db.write_sync(lambda s, r=row, d=domain: s.add(ExternalId(**r, payload={"Website": f"https://www.{d}/"})))  # type: ignore[misc]
    assert pairs(db) == [({"Oakmont College"}, True)]


def test_campuses_stay_apart(db: Database) -> None:
    add(db, "Oakmont State University and College of Technology-Erie Campus")
    add(db, "Oakmont State University and College of Technology-York Campus")
    assert names(db) == []
    assert each_has_its_own("Oakmont University-East", "Oakmont University-North")
    assert not each_has_its_own("Oakmont University", "Oakmont University-North")
    assert not each_has_its_own("Oakmont Univ.", "Oakmnt University")
    assert not each_has_its_own("Oakmont N.", "Oakmont North High School")
    assert not each_has_its_own("OTS", "Oakmont Telemetry Systems")


def test_colleges_of_one_name_in_one_town_are_certain_whatever_their_hosts(db: Database) -> None:
    add(db, "Oakmont University", city="Akron", domain="oakmont.example", ids={"directory": "1"})
    add(db, "Oakmont", city="Akron")
    add(db, "Oakmont, University of", city="Akron", domain="gooakmont.example")
    add(db, "Westbrook University-Dayton", city="Dayton", ids={"directory": "2"})
    add(db, "Westbrook (OH)", city="Dayton")
    add(db, "Westbrook", state="PA", city="Dayton")
    found = pairs(db)
    assert found.count(({"Westbrook University-Dayton", "Westbrook (OH)"}, True)) == 1
    assert {frozenset(said) for said, certain in found if certain} == {
        frozenset({"Oakmont University", "Oakmont"}),
        frozenset({"Oakmont University", "Oakmont, University of"}),
        frozenset({"Oakmont", "Oakmont, University of"}),
        frozenset({"Westbrook University-Dayton", "Westbrook (OH)"}),
    }


def test_of_several_that_would_do_none_is_certain(db: Database) -> None:
    add(db, "Oakmont University", city="Akron", ids={"directory": "1"})
    add(db, "Oakmont College", city="Akron", ids={"directory": "2"})
    add(db, "Oakmont", city="Akron")
    assert [certain for _said, certain in pairs(db)] == [False, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Georgetown", "George Washington University"),
        ("Washington College", "University of Washington Washington"),
        ("Washington", "Washington High School"),
        ("Washington State", "Washington"),
    ],
)
def test_a_name_that_only_looks_alike_is_never_certain(db: Database, one: str, other: str) -> None:
    for name in (one, other):
        add(db, name, city="Washington", state="PA")
    assert not any(certain for _said, certain in pairs(db))


def test_companies_of_one_name_in_one_town_are_asked_about(db: Database) -> None:
    for domain in ("oakline.example", "oakline-games.example"):
        add(db, "Oakline", city="Akron", domain=domain, venue_type="company")
    assert [certain for _said, certain in pairs(db)] == [False]


def sealed_mark(db: Database) -> int:
    db.write_sync(seal)
    return db.read_sync(changed.mark)


def test_only_what_is_new_or_says_something_else_is_compared(db: Database) -> None:
    one, other = add(db, "Oakmont University"), add(db, "Oakmnt University")
    mark = sealed_mark(db)

    def since() -> frozenset[str]:
        found = db.read_sync(lambda s: changed.changed_since(s, mark))
        assert found is not None
        return found

    def change(**values: Any) -> None:
        def act(s: Any) -> None:
            for name, value in values.items():
                setattr(s.get_one(Prospect, one), name, value)

        db.write_sync(act)

    assert since() == frozenset()
    assert pairs(db, since()) == []
    change(icp_score=70, research_notes="nothing that is compared")
    assert since() == frozenset()
    change(city="Akron")
    assert since() == {one}
    assert len(pairs(db, since())) == 1
    third = add(db, "Quarry College", ids={"directory": "7"})
    assert {one, third} < since()
    # A source's record is part of its organisation: it holds names and ids.
    mark = sealed_mark(db)
    db.write_sync(lambda s: setattr(s.scalars(select(ExternalId)).one(), "payload", {"alias": "QC"}))
    assert since() == {db.read_sync(lambda s: s.get_one(Prospect, third).account_id)}
    mark = sealed_mark(db)
    person = db.write_sync(lambda s: make_contact(s, s.get_one(Prospect, other)).id)
    assert since() == {person}


def test_what_is_committed_late_is_compared_all_the_same(postgres_url: str) -> None:
    """It has a lower number in the change log than what was compared before it could be seen."""
    engine = make_engine(postgres_url, "agent")
    with Database(postgres_url) as db, acting_as(f"agent:{RUN}"):
        with Session(engine) as other:
            late = make_prospect(other, name="Quarry College").id
            add(db, "Oakmont University")
            mark = sealed_mark(db)
            assert db.read_sync(lambda s: s.get(Prospect, late)) is None
            other.commit()
        numbers = select(AuditLog.id).where(AuditLog.table_name == "prospects").order_by(AuditLog.id)
        first = db.read_sync(lambda s: s.execute(numbers.with_only_columns(AuditLog.record_id)).scalars().first())
        assert first == late
        for _sealed in range(2):
            found = db.read_sync(lambda s: changed.changed_since(s, mark))
            assert found is not None
            assert late in found
            db.write_sync(seal)
        assert db.read_sync(lambda s: changed.changed_since(s, changed.mark(s))) == frozenset()
    engine.dispose()


def test_the_mark_is_that_of_the_last_run_that_ended_well(db: Database) -> None:
    def run(status: str, playbook: str, until: int) -> None:
        said = {changed.OUTPUT: changed.outputs(playbook, until)}
        db.write_sync(lambda s: s.add(AgentRun(run_type="hygiene", agent_name="hygiene", status=status, outputs=said)))

    assert db.read_sync(lambda s: changed.last_mark(s, PLAYBOOK)) is None
    assert db.read_sync(lambda s: changed.changed_since(s, None)) is None
    run("success", PLAYBOOK, 5)
    run("success", "qa-software", 9)
    run("error", PLAYBOOK, 11)
    assert db.read_sync(lambda s: changed.last_mark(s, PLAYBOOK)) == 5
    run("partial", PLAYBOOK, 12)
    assert db.read_sync(lambda s: changed.last_mark(s, PLAYBOOK)) == 12


def flag(db: Database) -> list[str]:
    """Flags the doubtful pairs, and gives the open questions."""

    def act(s: Any) -> list[str]:
        flag_organisations(s, RUN, compare_prospects(s, PLAYBOOK))
        return [found.id for found, _likeness in questions(s, PLAYBOOK)]

    return db.write_sync(act)


@pytest.mark.parametrize(
    ("verdict", "merges", "note"),
    [("different", 0, "kept apart: It says so."), ("same", 1, "merged: It says so."), ("unsure", 0, None)],
)
def test_a_verdict_is_carried_out_and_asked_for_once(db: Database, verdict: Any, merges: int, note: str | None) -> None:
    add(db, "Oakmont University"), add(db, "Oakmont University")
    [asked] = flag(db)
    for _ in range(2):
        db.write_sync(lambda s: decide(s, RUN, asked, verdict, "It says so."))
    assert flag(db) == []
    assert len(names(db)) == (verdict == "unsure")
    found = db.read_sync(lambda s: s.scalars(select(HygieneFlag)).one())
    assert (found.resolution_notes, found.resolved_by) == ((note, f"agent:{RUN}") if note else (None, None))
    assert len(db.read_sync(lambda s: s.scalars(select(Merge)).all())) == merges
    assert len(db.read_sync(lambda s: s.scalars(select(Account)).all())) == 2 - merges
    journal = db.read_sync(lambda s: s.scalars(select(AgentAuditLog.action)).all())
    assert sorted(journal) == sorted(["organisations_alike", "duplicate_judged", *["merged_duplicates"] * merges])


def test_a_flagged_pair_is_merged_once_more_is_known_but_not_against_a_persons_word(db: Database) -> None:
    add(db, "Oakmont University", city="Akron")
    other = add(db, "Oakmont")
    [asked] = flag(db)
    assert [certain for _said, certain in pairs(db)] == [False]

    def tell(s: Any) -> None:
        s.get_one(Prospect, other).city = "Akron"

    db.write_sync(tell)
    assert [certain for _said, certain in pairs(db)] == [True]
    db.write_sync(lambda s: decide(s, RUN, asked, "different", "Two schools."))
    assert pairs(db) == []


def test_what_may_not_be_merged_is_flagged_with_the_reason(db: Database) -> None:
    for _ in range(2):
        prospect_id = add(db, "Oakmont University", domain="oakmont.example")
        db.write_sync(lambda s, key=prospect_id: make_draft(s, make_contact(s, s.get_one(Prospect, key))) and None)  # type: ignore[misc]
    done = db.write_sync(lambda s: merge_organisations(s, PLAYBOOK, RUN, compare_prospects(s, PLAYBOOK)))
    assert (done.merged, done.refused) == (0, 1)
    found = db.read_sync(lambda s: s.scalars(select(HygieneFlag)).one())
    assert "under way" in found.message
    # The model may be asked, and is refused as well; the flag stays for a person.
    assert "Not merged" in db.write_sync(lambda s: decide(s, RUN, found.id, "same", "One name."))
    assert db.read_sync(lambda s: s.scalars(select(HygieneFlag)).one().resolved_at) is None


def test_deleted_prospects_make_no_pairs(db: Database) -> None:
    add(db, "Oakmont University")
    other = add(db, "Oakmont University")

    def delete(session: Any) -> None:
        from db.stamps import utc_now

        session.get_one(Prospect, other).deleted_at = utc_now()

    db.write_sync(delete)
    assert names(db) == []


def test_people_with_an_address_each_behind_one_phone_are_a_persons_to_judge(db: Database) -> None:
    def make(session: Any) -> None:
        school = make_prospect(session, name="Oakmont College")
        for title, email in (("Athletic Director", "jporter@oak.example"), ("Coach", "jporterjr@oak.example")):
            make_contact(
                session, school, first_name="James", last_name="Porter", title=title, email=email, phone="+13305550120"
            )
        for email in ("ruth+events@oak.example", "ruth@oak.example"):
            make_contact(session, school, first_name="Ruth", last_name="Adey", email=email)

    db.write_sync(make)
    found = db.read_sync(lambda s: [(p.first.last_name, p.certain) for p in people_pairs(s, PLAYBOOK)])
    assert sorted(found) == [("Adey", True), ("Porter", False)]
