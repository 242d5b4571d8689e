"""Flags are opened, reworded, settled, and left alone once a person has dealt with them. On both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.enums import FlagSeverity, FlagType
from db.models import Contact, ExternalId, HygieneFlag, Prospect
from playbooks import load_playbook
from tests.support.hygiene_run import RUN, college
from tests.support.rows import make_contact
from tools.hygiene.flag_review import reopen, resolve
from tools.hygiene.flags import FlagBook, FlagCounts, Problem, open_flag
from tools.hygiene.problems import problems
from tools.hygiene.staleness import stale, stale_and_not_flagged
from tools.hygiene.tidy import raise_flags, watched
from tools.scoring import due, score_prospects

LIGHTS = load_playbook("sports-lighting")
TODAY = datetime.now(UTC).date()


def doubts(*causes: str) -> Problem:
    return Problem(FlagType.DATA_QUALITY, FlagSeverity.INFO, "Missing or wrong: ", causes, "Mend it.", "It is there.")


def keep(db: Database, prospect_id: str, problem: Problem) -> FlagCounts:
    return db.write_sync(lambda s: FlagBook.of(s, [prospect_id], f"agent:{RUN}").keep_up(prospect_id, problem))


def flags(db: Database) -> list[tuple[str, str | None, str | None]]:
    rows = db.read_sync(lambda s: s.scalars(select(HygieneFlag).order_by(HygieneFlag.created_at)).all())
    return [(flag.message, flag.resolved_by, flag.resolution_notes) for flag in rows]


def a_person(db: Database, act: Any) -> None:
    def do(session: Session) -> None:
        act(session, [flag.id for flag in session.scalars(select(HygieneFlag))])

    with acting_as("user:kim"):
        db.write_sync(do)


def test_opened_reworded_and_settled_with_a_note(db: Database) -> None:
    one = college(db)
    assert keep(db, one, doubts("no web domain")) == FlagCounts(opened=1)
    assert keep(db, one, doubts("no web domain", "no place")) == FlagCounts()
    assert flags(db) == [("Missing or wrong: no web domain; no place.", None, None)]
    assert keep(db, one, doubts()) == FlagCounts(settled=1)
    assert flags(db)[0][1:] == (f"agent:{RUN}", "It is there.")
    # What hygiene settled by itself may come again.
    assert keep(db, one, doubts("no place")) == FlagCounts(opened=1)


def test_what_a_person_resolved_is_not_raised_again_but_another_cause_is(db: Database) -> None:
    one = college(db)
    keep(db, one, doubts("no web domain"))
    a_person(db, lambda s, ids: resolve(s, ids, by="user:kim", note="they have none"))
    assert keep(db, one, doubts("no web domain")) == FlagCounts()
    assert keep(db, one, doubts("no web domain", "no place")) == FlagCounts(opened=1)
    assert [message for message, _, _ in flags(db)] == [
        "Missing or wrong: no web domain.",
        "Missing or wrong: no place.",
    ]


def test_a_reopened_flag_stands_until_its_cause_is_gone(db: Database) -> None:
    one = college(db)
    keep(db, one, doubts("no place"))
    a_person(db, lambda s, ids: resolve(s, ids, by="user:kim", note=None))
    a_person(db, reopen)
    assert keep(db, one, doubts("no place")) == FlagCounts()
    assert flags(db)[0][1] is None
    assert keep(db, one, doubts()) == FlagCounts(settled=1)


def test_a_pair_and_a_message_that_a_person_resolved(db: Database) -> None:
    one, other = college(db), college(db)

    def pair(session: Session, why: str) -> bool:
        kind, severity = FlagType.DUPLICATE_SUSPECT, FlagSeverity.INFO
        return open_flag(session, one, kind, severity, why, other_prospect_id=other)

    def deleted(session: Session, who: str) -> bool:
        kind, severity = FlagType.OUTREACH_BLOCKED, FlagSeverity.WARNING
        return open_flag(session, one, kind, severity, f"An import names {who}.", refresh=False)

    assert db.write_sync(lambda s: [pair(s, "alike"), pair(s, "very alike")]) == [True, False]
    assert db.write_sync(lambda s: [deleted(s, "Ann"), deleted(s, "Bo"), deleted(s, "Ann")]) == [True, True, False]
    a_person(db, lambda s, ids: resolve(s, ids, by="user:kim", note="two"))
    assert db.write_sync(lambda s: [pair(s, "alike in another way"), deleted(s, "Ann"), deleted(s, "Cy")]) == [
        False, False, True,
    ]  # fmt: skip


def raised(db: Database, *ids: str, playbook: Any = LIGHTS) -> dict[str, HygieneFlag]:
    db.write_sync(lambda s: raise_flags(s, playbook, ids, RUN))
    rows = db.read_sync(lambda s: s.scalars(select(HygieneFlag).where(HygieneFlag.resolved_at.is_(None))).all())
    return {flag.flag_type: flag for flag in rows}


def test_whom_nobody_may_write_to_is_blocked_and_the_importers_flag_keeps_its_own(db: Database) -> None:
    one = college(db, enrollment=900, tier="A1")
    db.write_sync(lambda s: make_contact(s, s.get_one(Prospect, one), first_name="Ann", status="bounced") and None)
    kind, severity = FlagType.OUTREACH_BLOCKED, FlagSeverity.WARNING
    db.write_sync(lambda s: open_flag(s, one, kind, severity, "An import names Bo.", refresh=False))
    raised(db, one)
    told = {(message, by) for message, by, _ in flags(db) if "web domain" not in message}
    mine = "Nobody here may be written to: Ann Reyes has an address that bounced."
    assert told == {("An import names Bo.", None), (mine, None)}
    db.write_sync(lambda s: make_contact(s, s.get_one(Prospect, one), first_name="Cy") and None)
    raised(db, one)
    told = {(message, by) for message, by, _ in flags(db) if "web domain" not in message}
    assert told == {("An import names Bo.", None), (mine, f"agent:{RUN}")}


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("info@oakmont.example", "is an address of several people"),
        ("kim@gmial.com", "looks misspelt (gmail.com?)"),
        ("kim@mailinator.com", "is a throw-away address"),
        ("kim@oakmont.example", None),
    ],
)
def test_hints_at_an_address(address: str, says: str | None) -> None:
    person = Contact(first_name="Kim", last_name="Ode", full_name="Kim Ode", email=address, status="active")
    prospect = Prospect(id="a" * 32, name="Oakmont", venue_type="college_d3", state="OH", enrollment=900)
    prospect.account = make_account()
    found = {p.kind: p for p in problems(LIGHTS, prospect, [person], (), ())}
    causes = [f"Kim Ode: {address} {says}"] if says else []
    assert list(found[FlagType.DATA_QUALITY].causes) == causes
    assert not [p for kind, p in found.items() if kind is not FlagType.DATA_QUALITY and p.causes]


def make_account() -> Any:
    from db.models import Account

    return Account(name="Oakmont", domain="oakmont.example")


def record(session: Session, prospect_id: str, day: date | None, taken_in: datetime | None = None) -> None:
    account_id = session.get_one(Prospect, prospect_id).account_id
    row = ExternalId(
        table_name="accounts", record_id=account_id, source="list", external_id=prospect_id, observed_on=day
    )
    if taken_in is not None:
        row.updated_at = row.imported_at = taken_in
    session.add(row)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_an_organisation_is_stale_by_the_day_of_its_sources(db: Database) -> None:
    old, fresh, undated, aside = (
        college(db, name=name, source_date=days_ago(3000), status=status)
        for name, status in (("Old", "nurture"), ("New", "nurture"), ("Undated", "nurture"), ("Aside", "deprioritized"))
    )

    def records(session: Session) -> None:
        record(session, old, days_ago(2000))
        record(session, fresh, days_ago(100))
        record(session, undated, None)
        record(session, aside, days_ago(2000))

    db.write_sync(records)
    said = (f"the organisation was last confirmed on {days_ago(2000)}",)
    assert db.read_sync(lambda s: stale(s, LIGHTS, TODAY)) == {old: said}
    assert db.read_sync(lambda s: stale(s, LIGHTS, TODAY, [fresh])) == {}
    # Nobody touched it: that a limit has passed makes it due, and once it is flagged it is due for that no more.
    assert db.read_sync(lambda s: stale_and_not_flagged(s, LIGHTS, TODAY)) == {old}
    flag = raised(db, old)["stale_data"]
    assert (flag.message, flag.severity) == (f"Older than the playbook allows: {said[0]}.", "info")
    assert db.read_sync(lambda s: stale_and_not_flagged(s, LIGHTS, TODAY)) == set()
    assert db.read_sync(lambda s: watched(s, LIGHTS, TODAY)) == []
    db.write_sync(lambda s: setattr(s.get_one(Prospect, old), "tier", "B"))
    assert db.read_sync(lambda s: watched(s, LIGHTS, TODAY)) == [old]
    # A newer list settles it, though it changed nothing else.
    account = db.read_sync(lambda s: s.get_one(Prospect, old).account_id)
    db.write_sync(
        lambda s: setattr(
            s.scalars(select(ExternalId).where(ExternalId.record_id == account)).one(), "observed_on", days_ago(5)
        )
    )
    assert db.read_sync(lambda s: stale_and_not_flagged(s, LIGHTS, TODAY)) == {old}
    assert "stale_data" not in raised(db, old)


def test_a_person_who_settles_a_stale_record_confirms_it(db: Database) -> None:
    one = college(db, status="nurture", source_date=days_ago(2000))
    assert "stale_data" in raised(db, one)
    a_person(db, lambda s, ids: resolve(s, ids, by="user:kim", note="looked it up"))
    assert db.read_sync(lambda s: stale(s, LIGHTS, TODAY)) == {}
    later = TODAY + timedelta(days=LIGHTS.limits.record_days + 2)
    assert db.read_sync(lambda s: stale(s, LIGHTS, later))[one] == (f"the organisation was last confirmed on {TODAY}",)


def test_people_and_research_grow_stale_as_well(db: Database) -> None:
    one = college(db, status="research_complete", source_date=days_ago(10))
    made = datetime.now(UTC) - timedelta(days=600)

    def people(session: Session) -> None:
        prospect = session.get_one(Prospect, one)
        prospect.account.research_freshness = days_ago(200)
        make_contact(session, prospect, first_name="Kim", is_primary=True, created_at=made)
        make_contact(session, prospect, first_name="Sam", created_at=made)

    db.write_sync(people)
    assert db.read_sync(lambda s: stale(s, LIGHTS, TODAY)) == {
        one: (f"Kim Reyes was last confirmed on {made.date()}", f"the research is of {days_ago(200)}")
    }
    db.write_sync(
        lambda s: setattr(
            s.scalars(select(Contact).where(Contact.first_name == "Kim")).one(), "last_response_at", datetime.now(UTC)
        )
    )
    db.write_sync(lambda s: setattr(s.get_one(Prospect, one), "status", "outreach_active"))
    assert db.read_sync(lambda s: stale(s, LIGHTS, TODAY)) == {}


def test_what_grew_stale_is_due(db: Database) -> None:
    one = college(db, enrollment=900, source_date=days_ago(2000))
    db.write_sync(lambda s: score_prospects(s, LIGHTS, due(s, LIGHTS), RUN, "hygiene"))
    assert db.read_sync(lambda s: due(s, LIGHTS)) == ([one] if db.read_sync(lambda s: stale(s, LIGHTS, TODAY)) else [])
    raised(db, one)
    assert db.read_sync(lambda s: due(s, LIGHTS)) == []
