"""What people corrected becomes cases that fit their suites and say nothing of anybody in the database."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.migrate import upgrade
from db.models import (
    Contact,
    HygieneFlag,
    InboundMessage,
    LabelCorrection,
    MessageDraft,
    Prospect,
    ReferralSuggestion,
    Reply,
    ResearchFact,
    ResearchSnapshot,
)
from evals.anonymise import Anonymous
from evals.cases import read_cases
from evals.harvest import Harvest, harvest
from evals.suites import load_suite, suite_names
from evals.suites.sent import send
from tests.support.rows import make_contact, make_prospect
from tools.drafting.drafts import store_version
from tools.hygiene.flag_review import merge_flagged, resolve
from tools.journal import note
from tools.merging.organisations import PEOPLE_ALIKE
from tools.research.suggestions import dismiss

TODAY = date(2026, 6, 15)
TEXT = """Hi Dana,

Robin is right, Hollin Ridge College will look at lights in the spring. Please ask Petula Ashgrove instead: write to
petula.ashgrove@hollin.example or call (614) 555-0142.

Robin Vance
12 Quarry Street"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'o.db'}"
    upgrade(url)
    with Database(url, "user") as made, acting_as("user:kim"):
        yield made


def corrected_reply(session: Session, text: str = TEXT) -> None:
    sent = send(session, "sports-lighting", "A short question", "Hi Robin,\n\nwould a short call be of use?")
    inbound = InboundMessage(
        message_id="a@theirs.example",
        from_address=sent.email,
        subject="Re: A short question",
        raw=text,
        text=text,
        kind="human",
        contact_id=sent.contact_id,
        received_at=datetime(2026, 6, 2, tzinfo=UTC),
    )
    session.add(inbound)
    session.flush()
    reply = Reply(
        contact_id=sent.contact_id,
        inbound_message_id=inbound.id,
        channel="email",
        intent="referral",
        referral_name="Petula Ashgrove",
    )
    session.add(reply)
    session.flush()
    for name, old, new in (
        ("intent", "not_now", "referral"),
        ("referral_email", None, "petula.ashgrove@hollin.example"),
    ):
        said = {"field": name, "old_value": old, "new_value": new, "corrected_by": "user:kim"}
        session.add(LabelCorrection(table_name="replies", record_id=reply.id, **said))


def two_kept_apart(session: Session) -> None:
    first = make_prospect(session, name="Fairmead High School", city="Fairmead", state="OH")
    second = make_prospect(session, name="Fairmead HS", city="Oakhurst", state="IN")
    first.account.domain, second.account.domain = "fairmeadhs.example", "fairmead-k12.example"
    session.add(
        HygieneFlag(
            prospect_id=first.id,
            other_prospect_id=second.id,
            flag_type="duplicate_suspect",
            message="Alike",
            resolved_at=datetime(2026, 6, 3, tzinfo=UTC),
            resolved_by="user:kim",
            resolution_notes="kept apart: two towns",
        )
    )


def two_people(session: Session) -> str:
    """Two who may be one, put before a person by hygiene; the flag's id."""
    place = make_prospect(session, name="Fairmead College", city="Fairmead", state="OH")
    named = {"first_name": "Odile", "last_name": "Brackenbury", "location": "Fairmead, OH"}
    page = "https://www.linkedin.com/in/odile-b"
    first = make_contact(session, place, email="odile.brackenbury@fairmead.example", linkedin_url=page, **named)
    second = make_contact(session, place, email=None, phone="614-234-0177", title="AD", **named)
    flag = HygieneFlag(prospect_id=place.id, flag_type="duplicate_suspect", message="Odile twice")
    session.add(flag)
    session.flush()
    note(
        session,
        run_id=None,
        agent="hygiene",
        action=PEOPLE_ALIKE,
        prospect_id=place.id,
        contact_id=first.id,
        details={"contacts": [first.id, second.id], "flag": flag.id, "likeness": 80.0},
    )
    return flag.id


def overridden(session: Session) -> None:
    draft = session.scalars(select(MessageDraft)).one()
    by = {"by": "user:kim", "reason": "It is fine", "at": "2026-06-03T12:00:00+00:00"}
    draft.qc_flags = [
        {"rule": "filler", "severity": "warn", "message": "m", "text": "t", "overridden": by},
        {"rule": "no_fact", "severity": "warn", "message": "m", "text": "t"},
    ]


def rejected_and_written_anew(session: Session) -> None:
    contact = make_contact(session, make_prospect(session, name="Fairmead College", city="Fairmead", state="OH"))
    contact.first_name, contact.last_name, contact.email = "Odile", "Brackenbury", "odile@fairmead.example"
    snapshot = ResearchSnapshot(account_id=contact.account_id, entity_type="company")
    session.add(snapshot)
    session.flush()
    told = {"sentence": "The lights are old.", "quote": "the lights are old", "confidence": 4, "fact_key": "f"}
    session.add(ResearchFact(snapshot_id=snapshot.id, account_id=contact.account_id, field="facility", **told))
    bodies = ("Hi Odile,\n\nwe are the best. Would a call be of use?", "Hi Odile,\n\nWould a call be of use?")
    draft = MessageDraft(contact_id=contact.id, channel="email", touch_number=1, touch_type="email", body=bodies[0])
    for version, body in enumerate(bodies, start=1):
        said = {"subject": "A question", "author": "user:kim", "reason": "draft", "note": None, "claims": []}
        store_version(session, draft=draft, version=version, body=body, **said)
        draft.qc_passed = True
        session.flush()
        decision = ("reject", "Do not boast") if version == 1 else ("approve", None)
        taken = Decision(draft.id, version, draft_hash(draft), decision[0], "user:kim", decision[1])  # type: ignore[arg-type]
        take_decision(session, taken, approval_days=14)


def gathered(database: Database) -> Harvest:
    return database.read_sync(lambda session: harvest(session, today=TODAY))


def test_a_corrected_reply_is_a_case_of_nobody(database: Database) -> None:
    database.write_sync(corrected_reply)
    found = gathered(database)
    assert not found.left_out
    [case] = found.cases["reply_triage"]
    text, expected = case["input"]["text"], case["expected"]
    assert case["source"] == "harvest 2026-06-15"
    assert case["input"]["received"] == "2026-06-02"
    assert expected["intent"] == "referral"
    assert expected["referral_name"] in text
    assert expected["referral_email"] in text
    first = text.split("\n\n")[1].split()[0]
    assert text.count(first) == 2  # one person, one stand-in
    assert "will look at lights in the spring" in text
    assert "555-01" in text
    assert "Quarry" not in text


def test_none_of_the_databases_strings_remains(database: Database) -> None:
    database.write_sync(corrected_reply)
    database.write_sync(two_kept_apart)
    database.write_sync(overridden)
    found = gathered(database)
    assert set(found.cases) == {"reply_triage", "hygiene_duplicates", "qc"}
    written = json.dumps(found.cases, ensure_ascii=False).lower()

    def strings(session: Session) -> set[str]:
        people = session.execute(select(Contact.first_name, Contact.last_name, Contact.full_name, Contact.email))
        places = session.execute(select(Prospect.name, Prospect.city))
        rows = [value for row in people for value in row] + [value for row in places for value in row]
        return {value.lower() for value in rows if value} | {"petula", "ashgrove", "hollin", "fairmead", "oakhurst"}

    for known in database.read_sync(strings):
        assert known not in written


def test_what_makes_two_records_alike_stays(database: Database) -> None:
    database.write_sync(two_kept_apart)
    [case] = gathered(database).cases["hygiene_duplicates"]
    first, second = case["input"]["a"], case["input"]["b"]
    assert case["expected"] == {"same": False}
    assert first["name"].removesuffix(" High School") == second["name"].removesuffix(" HS") == first["city"]
    assert first["city"] != second["city"]
    assert first["domain"] != second["domain"]


@pytest.mark.parametrize("same", [True, False])
def test_what_was_said_of_two_people_is_a_case_of_nobody(database: Database, tmp_path: Path, same: bool) -> None:
    flag = database.write_sync(two_people)
    if same:
        database.write_sync(lambda session: merge_flagged(session, flag, by="user:kim", keep=1))
    else:
        database.write_sync(lambda session: resolve(session, [flag], by="user:kim", note="kept apart: two Odiles"))
    found = gathered(database)
    [case] = found.cases["hygiene_duplicates"]
    first, second = case["input"]["a"], case["input"]["b"]
    assert (case["input"]["kind"], case["expected"], found.left_out) == ("person", {"same": same}, {})
    assert first["name"] == second["name"]
    assert ("linkedin" in first, "linkedin" in second) == (True, False)
    # As they were before they were merged: the one had no telephone number, the other no address.
    assert ("phone" in first, "phone" in second) == (False, True)
    assert ("email" in first, "email" in second) == (True, False)
    for known in ("odile", "brackenbury", "fairmead", "0177"):
        assert known not in json.dumps(case).lower()
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(case), encoding="utf-8")
    assert len(read_cases([path], load_suite("hygiene_duplicates").task)) == 1


def test_two_people_whose_names_differ_are_left_out(database: Database) -> None:
    def write(session: Session) -> None:
        flag = two_people(session)
        session.scalars(select(Contact).where(Contact.email.is_(None))).one().first_name = "O."
        session.flush()
        resolve(session, [flag], by="user:kim", note="kept apart")

    database.write_sync(write)
    assert gathered(database).left_out == {("hygiene_duplicates", "the two names are written differently"): 1}


def test_two_organisations_that_a_person_merged_are_a_case(database: Database) -> None:
    def write(session: Session) -> None:
        two_kept_apart(session)
        flag = session.scalars(select(HygieneFlag)).one()
        flag.resolved_at = flag.resolved_by = flag.resolution_notes = None
        session.flush()
        merge_flagged(session, flag.id, by="user:kim", keep=1)

    database.write_sync(write)
    [case] = gathered(database).cases["hygiene_duplicates"]
    assert case["expected"] == {"same": True}
    assert {case["input"][side]["state"] for side in "ab"} == {"OH", "IN"}


def test_whom_nobody_should_have_been_suggested_for_is_a_case(database: Database) -> None:
    def write(session: Session) -> str:
        corrected_reply(session, "We have no plans.\n\nAsk Petula Ashgrove next year.")
        session.execute(delete(LabelCorrection))
        reply = session.scalars(select(Reply)).one()
        reply.intent = "not_now"
        row = ReferralSuggestion(reply_id=reply.id, contact_id=reply.contact_id, name="Petula Ashgrove")
        session.add(row)
        session.flush()
        return row.id

    suggestion = database.write_sync(write)
    assert not gathered(database).cases
    database.write_sync(lambda session: dismiss(session, suggestion, by="user:kim"))
    [case] = gathered(database).cases["reply_triage"]
    assert case["expected"] == {"intent": "not_now"}
    assert "Petula" not in case["input"]["text"]


def test_the_overridden_warning_is_not_expected(database: Database) -> None:
    database.write_sync(corrected_reply)
    database.write_sync(overridden)
    [case] = gathered(database).cases["qc"]
    assert case["expected"]["rules"] == ["no_fact"]
    assert case["input"]["draft"]["recipient"]["first_name"] in case["input"]["draft"]["body"]


def test_a_rejected_draft_says_what_was_wrong(database: Database) -> None:
    database.write_sync(rejected_and_written_anew)
    [case] = gathered(database).cases["drafting"]
    assert case["expected"] == {
        "why": "Do not boast",
        "must_cite_one_of": [],
        "must_not_mention": ["we are the best."],
    }
    assert case["input"]["contact"]["first_name"] not in ("", "Odile")


@pytest.mark.parametrize(
    "text", ["Ask Gwendolyn, she knows.", "Yes.\n\nBill", "We are with Musgrave now.", "请问王先生"]
)
def test_a_text_that_may_name_somebody_unknown_is_left_out(database: Database, text: str) -> None:
    database.write_sync(lambda session: corrected_reply(session, text))
    found = gathered(database)
    assert not found.cases
    assert found.left_out == {("reply_triage", "its text may name somebody"): 1}


def test_a_stranger_to_the_case_who_is_in_the_database_is_left_out(database: Database) -> None:
    def write(session: Session) -> None:
        corrected_reply(session, "hi, ask gwendolyn price about it")
        make_contact(session, make_prospect(session, name="Elsewhere"), first_name="Gwendolyn", last_name="Price")

    database.write_sync(write)
    assert gathered(database).left_out == {("reply_triage", "somebody known is named"): 1}


def test_only_what_was_corrected_since(database: Database) -> None:
    database.write_sync(two_kept_apart)
    late = database.read_sync(lambda session: harvest(session, since=date(2026, 6, 4), today=TODAY))
    assert not late.cases
    again = [gathered(database).cases["hygiene_duplicates"][0]["id"] for _ in range(2)]
    assert again[0] == again[1]


def test_the_cases_fit_their_suites(database: Database, tmp_path: Path) -> None:
    database.write_sync(corrected_reply)
    database.write_sync(two_kept_apart)
    database.write_sync(overridden)
    database.write_sync(rejected_and_written_anew)
    for name, cases in gathered(database).cases.items():
        if name not in suite_names():
            continue
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
        assert len(read_cases([path], load_suite(name).task)) == len(cases)


def test_stand_ins_keep_case_and_kind_and_are_nobodys() -> None:
    hidden = Anonymous([("Ada", "Quill")], ["Quill Valley College"], taken=frozenset({"rowan"}))
    said = hidden.text("ADA QUILL of Quill Valley College wrote to ada.quill@quill.edu; see www.quill.edu/x")
    first, last = said.split()[:2]
    assert first.isupper()
    assert first != "ROWAN"
    assert f"{first.lower()}.{last.lower()}@site1.example" in said
    assert said.split()[5] == "College"
    assert "quill" not in said.lower()
