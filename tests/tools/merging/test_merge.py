"""Merging and undoing it, on both databases: what moves, what stays, and that undoing restores every table."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from db.access import Database
from db.actors import acting_as
from db.columns import Base
from db.models import (
    Account,
    Activity,
    AgentRun,
    Contact,
    ExternalId,
    HygieneFlag,
    Merge,
    OutreachSequence,
    Prospect,
    ProspectScore,
    Signal,
    Suppression,
    Touchpoint,
)
from db.stamps import new_id
from db.suppressions import bar_contact
from tests.support.mail import approved_draft
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.merging.merge import CannotMerge, merge, undo
from tools.merging.organisations import compare_prospects
from tools.merging.unattended import merge_organisations, merge_people

USER = "user:dana"
RUN = "a" * 32
_LOGS = {"audit_log", "merges"}


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with Database(database_url, "user") as database, acting_as(USER):
        database.write_sync(lambda s: s.add(AgentRun(id=RUN, run_type="hygiene", agent_name="hygiene")))
        yield database


def dump(db: Database) -> dict[str, list[Any]]:
    """Every row of every table, but for the log and the merges themselves."""
    return db.read_sync(
        lambda s: {
            table.name: sorted(repr(dict(row)) for row in s.execute(select(table)).mappings())
            for table in Base.metadata.sorted_tables
            if table.name not in _LOGS
        }
    )


def join(db: Database, table: str, kept: str, merged: str, by: str = USER) -> Merge:
    return db.write_sync(lambda s: merge(s, table, kept, merged, by=by, reason="one and the same", certainty=0.99))


def take_back(db: Database, merge_id: str) -> list[str]:
    return db.write_sync(lambda s: undo(s, merge_id, by=USER))


def two_colleges(s: Any) -> tuple[str, str]:
    """Two pursuits of one college, with everything that can hang on them."""
    one = make_prospect(s, name="Oakmont University", city="Akron")
    other = make_prospect(s, name="Oakmont Univ.", address="1 Main Street", enrollment=900)
    other.account.domain = "oakmont.example"
    make_contact(s, one, is_primary=True, email="ad@oakmont.example")
    person = make_contact(s, other, is_primary=True, first_name="Lee", email="lee@oakmont.example")
    sequence = OutreachSequence(
        prospect_id=one.id, contact_id=one.contacts[0].id, template_id="t", tier="A1", total_steps=3
    )
    s.add_all(
        [
            sequence,
            ExternalId(table_name="accounts", record_id=other.account_id, source="a", external_id="7"),
            Signal(account_id=other.account_id, contact_id=person.id, signal_type="funding"),
            Activity(prospect_id=other.id, contact_id=person.id, type="note"),
            ProspectScore(prospect_id=other.id, dimension="geography", score=3, weight=2),
            HygieneFlag(prospect_id=one.id, other_prospect_id=other.id, flag_type="duplicate_suspect", message="m"),
            HygieneFlag(prospect_id=other.id, flag_type="missing_email", message="m"),
        ]
    )
    s.flush()
    approved_draft(s, one.contacts[0], sequence)
    return one.account_id, other.account_id


def test_an_organisation_takes_what_the_other_has_and_undoing_restores_all(db: Database) -> None:
    kept, merged = db.write_sync(two_colleges)
    before = dump(db)
    entry = join(db, "accounts", kept, merged)

    def look(s: Any) -> None:
        assert s.get(Account, merged) is None
        [prospect] = s.scalars(select(Prospect)).all()
        assert (prospect.city, prospect.address, prospect.enrollment) == ("Akron", "1 Main Street", 900)
        assert prospect.account.domain == "oakmont.example"
        assert [c.is_primary for c in sorted(prospect.contacts, key=lambda c: c.email)] == [True, False]
        assert s.scalars(select(ExternalId)).one().record_id == kept
        assert s.scalars(select(Signal)).one().account_id == kept
        assert s.scalars(select(ProspectScore)).all() == []
        flags = s.scalars(select(HygieneFlag).order_by(HygieneFlag.flag_type)).all()
        assert [(f.prospect_id, f.other_prospect_id, f.resolved_at is None) for f in flags] == [
            (prospect.id, None, False),
            (prospect.id, None, True),
        ]

    db.read_sync(look)
    assert take_back(db, entry.id) == []
    assert dump(db) == before
    with pytest.raises(CannotMerge, match="undone already"):
        take_back(db, entry.id)


def test_a_pursuit_that_the_survivor_has_not_comes_along(db: Database) -> None:
    def make(s: Any) -> tuple[str, str]:
        one = make_prospect(s, name="Oakmont Labs", playbook="sports-lighting")
        other = make_prospect(s, name="Oakmont Laboratories", playbook="qa-software", venue_type="company")
        make_contact(s, other)
        s.add(ProspectScore(prospect_id=other.id, dimension="geography", score=3, weight=2))
        return one.account_id, other.account_id

    kept, merged = db.write_sync(make)
    before = dump(db)
    entry = join(db, "accounts", kept, merged)
    found = db.read_sync(lambda s: [(p.playbook, p.account_id, len(p.contacts)) for p in s.scalars(select(Prospect))])
    assert sorted(found) == [("qa-software", kept, 1), ("sports-lighting", kept, 0)]
    assert take_back(db, entry.id) == []
    assert dump(db) == before


def test_people_whose_messages_are_under_way_keep_their_organisation(db: Database) -> None:
    kept, merged = db.write_sync(two_colleges)
    entry = join(db, "accounts", merged, kept)
    assert (entry.kept_id, entry.merged_id) == (kept, merged)
    take_back(db, entry.id)
    db.write_sync(
        lambda s: make_draft(s, s.scalars(select(Contact).where(Contact.account_id == merged)).one()) and None
    )
    with pytest.raises(CannotMerge, match="under way"):
        join(db, "accounts", kept, merged)


# A row of each table that points at a person, an organisation or a pursuit: its columns beside those that point.
POINTING: dict[str, dict[str, Any]] = {
    "activities": {"type": "note"},
    "agent_audit_log": {"agent_name": "hygiene", "action": "looked", "requires_review": False},
    "agent_runs": {"run_type": "hygiene", "agent_name": "hygiene"},
    "approvals": {},
    "batch_prospects": {},
    "bid_alerts": {"title": "Lights for the field", "source": "sam_gov", "organization_name": "Oakmont"},
    "contacts": {},
    "deliveries": {},
    "external_ids": {"source": "a", "external_id": "7", "payload": {"name": "Oakmont"}},
    "followups": {"touch_number": 2, "due_date": date(2026, 9, 1)},
    "hygiene_flags": {"flag_type": "data_quality", "message": "no web domain"},
    "icp_scores": {"total_score": 7},
    "inbound_messages": {"message_id": "m@oakmont.example", "raw": "No."},
    "label_corrections": {"field": "intent", "old_value": "neutral", "new_value": "negative", "corrected_by": USER},
    "message_drafts": {},
    "opportunities": {},
    "outreach_sequences": {"template_id": "t", "tier": "A1", "total_steps": 3, "status": "completed"},
    "prospect_scores": {"dimension": "geography", "score": 3, "weight": 2},
    "prospects": {},
    "referral_suggestions": {"name": "Sam Roe"},
    "replies": {"raw_text": "No."},
    "research_facts": {
        "field": "career_history", "sentence": "They lead it.", "quote": "leads it", "confidence": 3, "fact_key": "k",
        "source_url": "https://oakmont.example/staff",
    },
    "research_snapshots": {"entity_type": "company"},
    "signals": {"signal_type": "funding"},
    "suppressions": {"kind": "address", "value": "two@oakmont.example"},
    "touchpoints": {"channel": "linkedin", "touch_number": 1},
}  # fmt: skip
_ELSEWHERE = {"approvals", "contacts", "deliveries", "message_drafts", "prospects"}
"""Made by other means, or tried by other tests: what was written to a person stays with them."""


def references(db: Database, ids: set[str]) -> set[tuple[str, str]]:
    """Where in the schema any of these records is still pointed at."""

    def look(s: Any) -> set[tuple[str, str]]:
        found = set()
        for table in Base.metadata.sorted_tables:
            if table.name in _LOGS:
                continue
            columns = {key.parent for key in table.foreign_keys} | {c for c in table.c if c.name == "record_id"}
            for column in columns:
                if s.execute(select(column).where(column.in_(ids))).first():
                    found.add((table.name, column.name))
        return found

    return db.read_sync(look)


def test_all_that_points_at_a_record_moves_and_undoing_puts_all_of_it_back(db: Database) -> None:
    targets = {"accounts", "prospects", "contacts"}
    pointing = {
        table.name: table
        for table in Base.metadata.sorted_tables
        if {key.column.table.name for key in table.foreign_keys} & targets or "record_id" in table.c
    }
    assert set(pointing) - _LOGS == set(POINTING), "a table that points at a record needs a row here"

    def make(s: Any) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {"accounts": [], "prospects": [], "contacts": []}
        for name in ("Oakmont University", "Oakmont Univ."):
            person = make_contact(s, make_prospect(s, name=name))
            for table, row in zip(ids, (person.account, person.prospect, person), strict=True):
                ids[table].append(row.id)
        own = {table: found[1] for table, found in ids.items()}
        made: dict[str, str] = {}
        for name, table in pointing.items():
            if name in _LOGS | _ELSEWHERE:
                continue
            values = {**POINTING[name], "id": new_id()}
            for key in table.foreign_keys:
                target = key.column.table.name
                if target in own:
                    values[key.parent.name] = own[target]
                elif target in made and not key.parent.nullable:
                    values[key.parent.name] = made[target]
            if name == "batch_prospects":
                s.execute(insert(Base.metadata.tables["batches"]).values(id="c" * 32))
                values["batch_id"] = "c" * 32
            if name == "hygiene_flags":
                values["other_prospect_id"] = None
            rows = [values]
            if "record_id" in table.c:
                rows = [
                    {**values, "id": new_id(), "table_name": kind, "record_id": row_id, **_told_apart(name, kind)}
                    for kind, row_id in own.items()
                ]
            made[name] = values["id"]
            for row in rows:
                s.execute(insert(table).values(row))
        return ids

    ids = db.write_sync(make)
    gone = {found[1] for found in ids.values()}
    before = dump(db)
    assert {name for name, _column in references(db, gone)} == set(POINTING) - _ELSEWHERE | {"contacts", "prospects"}
    organisation = join(db, "accounts", ids["accounts"][0], ids["accounts"][1])
    assert references(db, {ids["accounts"][1], ids["prospects"][1]}) == set()
    between = dump(db)
    person = join(db, "contacts", ids["contacts"][0], ids["contacts"][1])
    assert references(db, gone) == set()
    assert take_back(db, person.id) == []
    assert dump(db) == between
    assert take_back(db, organisation.id) == []
    assert dump(db) == before


def _told_apart(table: str, kind: str) -> dict[str, str]:
    return {"external_id": f"7 of {kind}"} if table == "external_ids" else {}


def two_people(s: Any, **values: Any) -> tuple[str, str]:
    prospect = make_prospect(s)
    one = make_contact(s, prospect, email="one@oakmont.example")
    given = {"email": "two@oakmont.example", "linkedin_url": "https://www.linkedin.com/in/dana", "phone": "555-0101"}
    other = make_contact(s, prospect, **given | values)
    s.add_all(
        [
            Touchpoint(contact_id=other.id, channel="call", sent_at=datetime(2026, 1, 2, tzinfo=UTC)),
            ExternalId(table_name="contacts", record_id=other.id, source="crm", external_id="9"),
        ]
    )
    return one.id, other.id


def test_a_person_takes_the_linkedin_page_and_gives_it_back(db: Database) -> None:
    kept, merged = db.write_sync(two_people)
    before = dump(db)
    entry = join(db, "contacts", kept, merged)
    person = db.read_sync(lambda s: s.get_one(Contact, kept))
    assert (person.email, person.phone, person.linkedin_url) == (
        "one@oakmont.example",
        "555-0101",
        "https://www.linkedin.com/in/dana",
    )
    assert db.read_sync(lambda s: s.scalars(select(Touchpoint.contact_id)).all()) == [kept]
    assert take_back(db, entry.id) == []
    assert dump(db) == before


@pytest.mark.parametrize("barred", [0, 1])
def test_do_not_contact_survives_whoever_had_it(db: Database, barred: int) -> None:
    ids = db.write_sync(two_people)
    db.write_sync(lambda s: bar_contact(s, s.get_one(Contact, ids[barred]), reason="asked to stop", source="reply"))
    before = dump(db)
    entry = join(db, "contacts", *ids)
    person = db.read_sync(lambda s: s.get_one(Contact, ids[0]))
    assert (person.do_not_contact, person.status, person.dnc_reason) == (True, "do_not_contact", "asked to stop")
    suppression = db.read_sync(lambda s: s.scalars(select(Suppression)).one())
    assert suppression.contact_id == ids[0]
    assert take_back(db, entry.id) == []
    assert dump(db) == before


def test_a_suppressed_address_makes_the_survivor_do_not_contact_and_archives_what_was_ready(db: Database) -> None:
    def make(s: Any) -> tuple[str, str]:
        ids = two_people(s)
        person = s.get_one(Contact, ids[0])
        sequence = OutreachSequence(
            prospect_id=person.prospect_id, contact_id=person.id, template_id="t", tier="A1", total_steps=3
        )
        s.add(sequence)
        s.flush()
        approved_draft(s, person, sequence)
        s.add(Suppression(kind="address", value="two@oakmont.example"))
        return ids

    ids = db.write_sync(make)
    before = dump(db)
    entry = join(db, "contacts", *ids)
    person = db.read_sync(lambda s: s.get_one(Contact, ids[0]))
    assert person.do_not_contact
    said = db.read_sync(lambda s: s.execute(text("SELECT approval_status FROM message_drafts")).scalar_one())
    assert said == "archived"
    assert take_back(db, entry.id) == []
    assert dump(db) == before


def test_messages_stay_with_whom_they_were_written_for(db: Database) -> None:
    kept, merged = db.write_sync(two_people)
    db.write_sync(lambda s: make_draft(s, s.get_one(Contact, merged)) and None)
    entry = join(db, "contacts", kept, merged)
    assert entry.kept_id == merged
    take_back(db, entry.id)
    db.write_sync(lambda s: make_draft(s, s.get_one(Contact, kept)) and None)
    with pytest.raises(CannotMerge, match="messages of their own"):
        join(db, "contacts", kept, merged)


def test_an_agent_keeps_who_is_do_not_contact_and_undoes_nothing(db: Database, database_url: str) -> None:
    ids = db.write_sync(two_people)
    db.write_sync(lambda s: bar_contact(s, s.get_one(Contact, ids[1]), reason="asked to stop", source="reply"))
    with Database(database_url, "agent") as agents, acting_as(f"agent:{RUN}"):
        entry = join(agents, "contacts", *ids, by=f"agent:{RUN}")
        assert entry.kept_id == ids[1]
        with pytest.raises(CannotMerge, match="Only a person"):
            agents.write_sync(lambda s: undo(s, entry.id, by=f"agent:{RUN}"))


def test_what_changed_since_stays_and_is_named(db: Database) -> None:
    kept, merged = db.write_sync(two_people)
    entry = join(db, "contacts", kept, merged)

    def call(s: Any) -> None:
        s.get_one(Contact, kept).phone = "555-0199"

    db.write_sync(call)
    left = take_back(db, entry.id)
    assert any("phone was changed since" in sentence for sentence in left)
    assert db.read_sync(lambda s: s.get_one(Contact, kept).phone) == "555-0199"
    assert db.read_sync(lambda s: s.get_one(Contact, merged).phone) == "555-0101"


def test_merges_are_undone_in_the_order_of_last_in_first_out(db: Database) -> None:
    def make(s: Any) -> list[str]:
        return [make_prospect(s, name=f"Oakmont {n}").account_id for n in range(3)]

    a, b, c = db.write_sync(make)
    before = dump(db)
    first = join(db, "accounts", b, a)
    second = join(db, "accounts", c, b)
    with pytest.raises(CannotMerge, match=f"undo {second.id} first"):
        take_back(db, first.id)
    assert take_back(db, second.id) == []
    assert take_back(db, first.id) == []
    assert dump(db) == before


def test_what_is_not_merged(db: Database) -> None:
    kept, merged = db.write_sync(two_people)
    with pytest.raises(CannotMerge, match="one and the same"):
        join(db, "contacts", kept, kept)
    with pytest.raises(CannotMerge, match="no record"):
        join(db, "contacts", kept, "0" * 32)
    db.write_sync(lambda s: setattr(s.get_one(Contact, merged), "deleted_at", datetime.now(UTC)))
    with pytest.raises(CannotMerge, match="was deleted"):
        join(db, "contacts", kept, merged)


def test_hygiene_merges_the_certain_once_and_a_person_has_the_last_word(db: Database, database_url: str) -> None:
    def make(s: Any) -> None:
        for _ in range(2):
            prospect = make_prospect(s, name="Oakmont University", city="Akron")
            prospect.account.domain = "oakmont.example"
        people = make_prospect(s, name="Quarry College")
        make_contact(s, people, email="dana@quarry.example", phone=None)
        make_contact(s, people, email="dana@quarry.example", phone="555-555-0101")

    db.write_sync(make)
    with Database(database_url, "agent") as agents, acting_as(f"agent:{RUN}"):

        def work(s: Any) -> tuple[int, int]:
            pairs = compare_prospects(s, "sports-lighting")
            organisations = merge_organisations(s, "sports-lighting", RUN, pairs)
            return organisations.merged, merge_people(s, "sports-lighting", RUN)["merged"]

        assert agents.write_sync(work) == (1, 1)
        assert agents.write_sync(work) == (0, 0)
        entries = db.read_sync(lambda s: s.scalars(select(Merge)).all())
        assert [entry.merged_by for entry in entries] == [f"agent:{RUN}"] * 2
        with acting_as(USER):
            for entry in entries:
                assert take_back(db, entry.id) == []
        assert agents.write_sync(work) == (0, 0)
