"""The inbox: what waits and why, what narrows it, and that one message costs the same however many wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, DecisionRefused, draft_hash, take_decision
from db.engine import make_engine
from db.models import Batch, Contact, MessageDraft, MessageVersion, OutreachSequence, Suppression
from db.queries.inbox import Sought, State, lines, standing
from db.queries.reading import read_draft
from db.soft_delete import install_soft_delete
from db.suppressions import is_suppressed, suppressed_among
from tests.support.inbox import waiting_drafts
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.scoring import explain

WARN = {"rule": "recipient.unverified", "severity": "warn", "message": "Nobody has verified this address."}
BLOCK = {"rule": "claim.none", "severity": "block", "message": "No fact."}
ALL: tuple[State, ...] = ("waiting", "skipped", "approved", "held", "working", "stopped", "over", "out")


def decide(session: Session, draft: MessageDraft, decision: Any, *, days: float = 14, **more: Any) -> None:
    made = Decision(draft.id, draft.version, draft_hash(draft), decision, "user", **more)
    take_decision(session, made, approval_days=days)
    session.flush()


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session of a person's, undone at the end."""
    engine = make_engine(database_url, "owner")
    factory = sessionmaker(engine)
    install_soft_delete(factory)
    with acting_as("user:test"), factory() as session:
        yield session
    engine.dispose()


def passed(session: Session, contact: Contact | None = None, **values: Any) -> MessageDraft:
    return make_draft(session, contact or make_contact(session), **{"qc_passed": True, "qc_flags": [], **values})


def states(session: Session, **more: Any) -> dict[str, tuple[str, str]]:
    return {line.draft_id: (line.state, line.note) for line in lines(session, states=ALL, **more)}


def test_where_each_message_stands(session: Session) -> None:
    new, skipped, ready, decided = (passed(session) for _ in range(4))
    unchecked = passed(session, qc_passed=None)
    blocked = passed(session, qc_passed=False, qc_flags=[BLOCK])
    nowhere = passed(session, make_contact(session, email=None))
    sequence = OutreachSequence(
        prospect_id=new.contact.prospect_id,
        contact_id=new.contact_id,
        template_id="t",
        tier="A2",
        total_steps=3,
        status="paused",
    )
    session.add(sequence)
    session.flush()
    paused = passed(session, new.contact, sequence_id=sequence.id)
    barred = passed(session, make_contact(session, email="a@b.example"))
    session.add(Suppression(kind="domain", value="b.example"))
    day = datetime.now(UTC).date() + timedelta(days=3)
    decide(session, skipped, "skip", until=day)
    decide(session, ready, "approve")
    ready.approval_status = "ready"
    decide(session, decided, "reject", reason="too long")
    session.flush()

    assert states(session) == {
        new.id: ("waiting", ""),
        skipped.id: ("skipped", f"until {day}"),
        ready.id: ("approved", ""),
        decided.id: ("working", "decided"),
        unchecked.id: ("working", "QC has not seen this text yet"),
        blocked.id: ("stopped", "QC blocks it"),
        nowhere.id: ("held", "the contact has no address for the channel email"),
        paused.id: ("held", "the sequence is paused"),
        barred.id: ("over", "the contact's address or domain is suppressed"),
    }
    # The list and the look at one draft are of one mind.
    for draft in session.query(MessageDraft):
        fate = standing(session, draft)
        if fate.state != "open":
            assert states(session)[draft.id] == (fate.state, fate.because)
    # A day comes, an approval lapses: both wait again, and say why.
    later = datetime.now(UTC) + timedelta(days=15)
    again = states(session, now=later)
    assert again[skipped.id] == ("waiting", f"It was skipped until {day}.")
    assert again[ready.id][0] == "waiting"
    assert "lapsed on" in again[ready.id][1]


def test_a_change_of_the_address_voids_what_was_approved(session: Session) -> None:
    draft = passed(session)
    decide(session, draft, "approve")
    draft.contact.email = "else@college.example"
    session.flush()
    state, note = states(session)[draft.id]
    assert (state, "has changed since it was approved" in note) == ("waiting", True)


def test_what_narrows_the_list(session: Session) -> None:
    batch = Batch(batch_number=12)
    session.add(batch)
    session.flush()
    first = passed(session, make_contact(session, make_prospect(session, tier="A1")), qc_flags=[WARN])
    second = passed(session, make_contact(session, make_prospect(session, tier="A2")), batch_id=batch.id)
    third = passed(
        session,
        make_contact(session, linkedin_url="https://linkedin.example/in/x"),
        channel="linkedin",
        touch_type="inmail",
        touch_number=3,
    )
    other = passed(session, make_contact(session, make_prospect(session, playbook="qa-software")))

    def found(**sought: Any) -> set[str]:
        return {line.draft_id for line in lines(session, Sought(**sought))}

    everything = {first.id, second.id, third.id, other.id}
    assert found() == everything
    assert found(tiers=["A1"]) == {first.id}
    assert found(tiers=["A1", "A2"]) == {first.id, second.id}
    assert found(touches=[3]) == found(channels=["linkedin"]) == {third.id}
    assert found(batch="12") == found(batch=batch.id[:8]) == {second.id}
    assert found(batch="13") == found(batch=batch.id[:3]) == found(batch="%") == set()
    assert found(batch="9" * 40) == set()
    assert found(rules=["recipient.unverified"]) == found(clean=False) == {first.id}
    assert found(clean=True) == everything - {first.id}
    assert found(playbook="qa-software") == {other.id}
    assert found(ids=[]) == set()


def test_a_revoked_approval_is_a_draft_again_and_only_once(session: Session) -> None:
    draft = passed(session)
    with pytest.raises(DecisionRefused, match="no decision to take back"):
        decide(session, draft, "revoke")
    decide(session, draft, "approve")
    draft.approval_status = "ready"
    session.flush()
    decide(session, draft, "revoke")
    assert draft.approval_status == "draft"
    assert states(session)[draft.id] == ("waiting", f"You took your decision of {datetime.now(UTC).date()} back.")
    with pytest.raises(DecisionRefused, match="no decision to take back"):
        decide(session, draft, "revoke")


def test_what_led_to_another_version_is_not_taken_back(session: Session) -> None:
    draft = passed(session)
    decide(session, draft, "reject", reason="too long")
    draft.version = 2
    session.flush()
    with pytest.raises(DecisionRefused, match="Version 2 was written since"):
        decide(session, draft, "revoke")
    barred = passed(session)
    decide(session, barred, "do_not_contact")
    with pytest.raises(DecisionRefused, match="barred from all"):
        decide(session, barred, "revoke")


def _version(session: Session, draft: MessageDraft, number: int, reason: str, body: str) -> None:
    if number > 1:
        draft.version, draft.body = number, body
    session.add(MessageVersion(draft_id=draft.id, version=number, body=body, author="agent:x", reason=reason))
    session.flush()


@pytest.mark.parametrize(
    ("reasons", "against"),
    [
        (["draft"], None),
        (["draft", "rejection"], 1),
        (["draft", "rejection", "qc_revision"], 1),
        (["draft", "qc_revision"], 1),
        (["draft", "qc_revision", "human_edit"], 2),
    ],
)
def test_a_version_is_compared_with_what_the_person_saw(
    session: Session, reasons: list[str], against: int | None
) -> None:
    draft = passed(session)
    for number, reason in enumerate(reasons, start=1):
        _version(session, draft, number, reason, f"Text {number}.")
    previous = read_draft(session, draft.id).previous
    assert (previous.version if previous else None) == against


def test_many_addresses_are_asked_about_as_one_is(session: Session) -> None:
    session.add_all(
        [
            Suppression(kind="address", value="ann@uni.example"),
            Suppression(kind="domain", value="gone.example"),
        ]
    )
    session.flush()
    barred = {"ann@uni.example", "x@gone.example", "x@mail.gone.example"}
    free = {f"p{n}@uni.example" for n in range(900)} | {"x@notgone.example", "gone.example"}
    assert suppressed_among(session, [None, "", " ANN@uni.example ", *barred, *free]) == barred
    assert [is_suppressed(session, a) for a in (" ANN@uni.example ", "p1@uni.example", None)] == [True, False, False]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def one_answer(session: Session, draft_id: str) -> None:
    """What the terminal asks of the database for one message: found, read, decided on."""
    found = lines(session, Sought(ids=[draft_id]))
    assert len(found) == 1
    item = read_draft(session, draft_id)
    explain(session, item.prospect_id)
    decide(session, session.get_one(MessageDraft, draft_id), "approve")


def test_one_of_many_is_answered_with_the_statements_of_one_of_few(session: Session) -> None:
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    made = [passed(session, make_contact(session, make_prospect(session, tier="A1", icp_score=80))) for _ in range(3)]
    session.flush()
    counts = []
    for more in (0, 60):
        for _ in range(more):
            passed(session)
        session.flush()
        session.expire_all()
        with counted(engine) as seen:
            one_answer(session, made.pop().id)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 30


def test_one_message_is_found_by_its_key(sqlite_url: str) -> None:
    """No table is gone through from end to end."""
    with Database(sqlite_url, "user") as database, acting_as("user:test"):
        draft_id = database.write_sync(lambda session: passed(session).id)

        def plan(session: Session) -> list[str]:
            engine = session.get_bind()
            with counted(engine.engine) as seen:
                lines(session, Sought(ids=[draft_id]))
            (statement,) = [s for s in seen if "message_drafts" in s]
            named = {f"p{n}": "x" for n in range(statement.count("?"))}
            for name in named:
                statement = statement.replace("?", f":{name}", 1)
            return [row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {statement}"), named)]

        steps = database.read_sync(plan)
    assert any("message_drafts" in step and "SEARCH" in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_the_inbox_reads_what_waits_in_full(session: Session) -> None:
    draft = passed(session)
    (item,) = waiting_drafts(session)
    assert (item.draft_id, item.content_hash, item.came_back) == (draft.id, draft_hash(draft), "")
    assert item.thread_id == f"touch:{draft.contact_id}:None:1"
