"""A corrected label undoes what the old one did, does what the new one asks for, and nothing twice."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from agents.agent import Done, Work
from agents.reply_triage import AGENT, Triage
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.models import (
    AgentAuditLog,
    AgentRun,
    Contact,
    Followup,
    LabelCorrection,
    MessageDraft,
    OutreachSequence,
    Prospect,
    ReferralSuggestion,
    Reply,
    Suppression,
)
from db.queries.answers import answers_due, reply_draft_id
from db.suppressions import suppress_address
from tests.support.mail import PLAYBOOK, Case, approved_draft, outgoing_case
from tests.support.rows import make_draft
from tools.outbox.optout import opt_out_of
from tools.replies.corrections import Corrected, CorrectionRefused, Label, WouldAllowContact, correct
from tools.replies.intake import take_in

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        made.sent()
        yield made


def come_in(case: Case, text: str, intent: str, **more: Any) -> str:
    """A mail that triage takes for `intent`, by a run of its own; the reply's id."""
    headers = {name: more.pop(name) for name in ("From", "Message_ID") if name in more}
    taken = case.as_user(lambda s: take_in(s, case.reply(text, **headers)))
    answer = Triage.model_validate(
        {"intent": intent, "reply_tag": "unknown", "confidence": 55, "summary": "A reply.",
         "recommended_next_step": "Read it.", **more}
    )  # fmt: skip

    def new_run(session: Any) -> str:
        run = AgentRun(run_type="reply_triage", agent_name="reply_triage")
        session.add(run)
        session.flush()
        return run.id

    run_id = case.as_user(new_run)

    async def work() -> None:
        given, state = Work(case.database, PLAYBOOK, run_id), {"inbound_id": taken.inbound_id}
        briefing = await AGENT.prepare(given, state)
        assert not isinstance(briefing, Done)
        await AGENT.conclude(given, state, briefing, answer)

    with acting_as(f"agent:{run_id}"):
        asyncio.run(work())
    return case.database.read_sync(
        lambda s: s.scalars(select(Reply.id).where(Reply.inbound_message_id == taken.inbound_id)).one()
    )


def says(case: Case, reply_id: str, *, may_lift: bool = False, **label: Any) -> Corrected:
    found: Corrected = case.as_user(
        lambda s: correct(
            s,
            s.get_one(Reply, reply_id),
            Label(**label),
            by="user:dana",
            reason="I read it",
            now=NOW,
            may_lift=may_lift,
        )
    )
    return found


def all_of(case: Case, model: Any) -> list[Any]:
    return list(case.database.read_sync(lambda s: s.scalars(select(model).order_by(model.id)).all()))


def fields(case: Case) -> list[tuple[Any, ...]]:
    found = [(c.field, c.old_value, c.new_value, c.reason, c.corrected_by) for c in all_of(case, LabelCorrection)]
    return sorted(found, key=str)


def sequence(case: Case) -> Any:
    return case.get(OutreachSequence, case.sequence_id)


def test_an_opt_out_that_was_none_needs_consent_and_is_lifted_exactly(case: Case) -> None:
    ready = case.as_user(
        lambda s: (
            approved_draft(
                s, s.get_one(Contact, case.contact_id), s.get_one(OutreachSequence, case.sequence_id), touch_number=2
            ).id
        )
    )
    reply_id = come_in(case, "You can stop worrying, we like it.", "unsubscribe")
    assert case.get(MessageDraft, ready).approval_status == "archived"
    with pytest.raises(WouldAllowContact, match=r"Dana Reyes"):
        says(case, reply_id, intent="neutral")
    assert case.get(Contact, case.contact_id).do_not_contact
    assert fields(case) == []
    done = says(case, reply_id, intent="neutral", may_lift=True)
    contact = case.get(Contact, case.contact_id)
    assert (contact.status, contact.do_not_contact, contact.dnc_reason) == ("active", False, None)
    assert all_of(case, Suppression) == []
    assert (sequence(case).status, sequence(case).next_step_at) == ("paused", None)
    assert case.get(MessageDraft, ready).approval_status == "ready"
    assert fields(case) == [("intent", "unsubscribe", "neutral", "I read it", "user:dana")]
    assert any("may be contacted again" in line for line in done.did)
    assert done.stays == []
    assert case.get(Reply, reply_id).confidence == 1.0
    assert not [e for e in all_of(case, AgentAuditLog) if e.requires_review and e.reviewed_at is None]
    assert says(case, reply_id, intent="neutral").changed == []
    assert len(all_of(case, LabelCorrection)) == 1


def other_letter(case: Case) -> None:
    come_in(case, "Stop writing to me.", "unsubscribe", Message_ID="<second@college.example>")


def by_domain(case: Case) -> None:
    def add(session: Any) -> None:
        session.add(Suppression(kind="domain", value="hilltop.example", reason="asked", source="person"))

    case.as_user(add)


def by_telephone(case: Case) -> None:
    case.as_user(lambda s: opt_out_of(s, case.email, "told us on the phone"))


@pytest.mark.parametrize("also", [other_letter, by_domain, by_telephone])
def test_what_else_speaks_against_it_stays(case: Case, also: Any) -> None:
    reply_id = come_in(case, "You can stop worrying.", "unsubscribe")
    also(case)
    done = says(case, reply_id, intent="neutral", may_lift=True)
    contact = case.get(Contact, case.contact_id)
    assert (contact.status, contact.dnc_reason is not None) == ("do_not_contact", True)
    assert sequence(case).status == "stopped"
    assert any("stays do-not-contact" in line for line in done.stays)
    assert [s.source for s in all_of(case, Suppression)] != []
    assert case.get(Reply, reply_id).intent == "neutral"


def test_what_barred_the_person_before_the_reply_is_not_lifted(case: Case) -> None:
    case.as_user(lambda s: suppress_address(s, case.email, reason="on the list of a partner", source="person") and None)
    reply_id = come_in(case, "Please stop.", "unsubscribe")
    done = says(case, reply_id, intent="neutral")
    assert case.get(Contact, case.contact_id).dnc_reason == "on the list of a partner"
    assert [s.source for s in all_of(case, Suppression)] == ["person"]
    assert "was do-not-contact before" in " ".join(done.stays)


def test_an_opt_out_that_was_missed_suppresses_at_once(case: Case) -> None:
    reply_id = come_in(case, "Count me out of these from here on.", "neutral")
    says(case, reply_id, intent="unsubscribe")
    assert case.get(Contact, case.contact_id).do_not_contact
    assert [s.value for s in all_of(case, Suppression)] == [case.email.lower()]
    assert sequence(case).status == "stopped"
    assert case.get(Reply, reply_id).reply_tag == "not_interested"
    # And taken back again, from the correction and not from the triage.
    says(case, reply_id, intent="neutral", may_lift=True)
    assert (case.get(Contact, case.contact_id).status, sequence(case).status) == ("active", "paused")
    assert all_of(case, Suppression) == []


def test_negative_stops_and_back_pauses(case: Case) -> None:
    reply_id = come_in(case, "Hardly.", "neutral")
    says(case, reply_id, intent="negative")
    assert sequence(case).status == "stopped"
    done = says(case, reply_id, intent="positive")
    assert sequence(case).status == "paused"
    assert any("outreach sequences resume" in line for line in done.did)
    assert [(f, o, n) for f, o, n, *_ in fields(case)] == [
        ("intent", "negative", "positive"),
        ("intent", "neutral", "negative"),
    ]


def test_a_sequence_that_was_resumed_by_hand_is_not_paused_again(case: Case) -> None:
    reply_id = come_in(case, "Hm.", "neutral")
    case.as_user(lambda s: setattr(s.get_one(OutreachSequence, case.sequence_id), "status", "active"))
    says(case, reply_id, intent="positive")
    assert sequence(case).status == "active"


def test_not_now_plans_moves_and_skips_its_day(case: Case) -> None:
    reply_id = come_in(case, "Later.", "neutral")
    first, second = TODAY + timedelta(days=50), TODAY + timedelta(days=80)
    says(case, reply_id, intent="not_now", resume_date=first)
    assert [(f.due_date) for f in all_of(case, Followup) if f.state == "pending"] == [first]
    says(case, reply_id, resume_date=second)
    assert [(f.due_date) for f in all_of(case, Followup) if f.state == "pending"] == [second]
    assert sequence(case).next_step_at.date() == second
    says(case, reply_id, intent="neutral")
    assert {f.state for f in all_of(case, Followup)} == {"skipped"}
    assert (sequence(case).status, sequence(case).next_step_at) == ("paused", None)
    assert ("resume_date", str(first), str(second), "I read it", "user:dana") in fields(case)


def test_positive_engages_and_back(case: Case) -> None:
    def prospect() -> str:
        return str(case.get(Prospect, case.get(Contact, case.contact_id).prospect_id).status)

    reply_id = come_in(case, "Sure, why not.", "neutral")
    says(case, reply_id, intent="positive")
    assert prospect() == "engaged"
    assert [d.reply_id for d in case.database.read_sync(lambda s: answers_due(s, PLAYBOOK.name, limit=5))] == [reply_id]
    says(case, reply_id, intent="neutral")
    assert prospect() == "outreach_active"
    assert case.database.read_sync(lambda s: answers_due(s, PLAYBOOK.name, limit=5)) == []


def test_a_referral_is_suggested_mended_and_put_away(case: Case) -> None:
    reply_id = come_in(case, "Maria runs that.", "neutral")
    says(case, reply_id, intent="referral", referral_name="Maria Lopez", referral_email="ml@hilltop.example")
    says(case, reply_id, referral_title="Facilities Director")
    (row,) = all_of(case, ReferralSuggestion)
    assert (row.name, row.title, row.email, row.status) == (
        "Maria Lopez", "Facilities Director", "ml@hilltop.example", "open",
    )  # fmt: skip
    says(case, reply_id, intent="neutral")
    assert [r.status for r in all_of(case, ReferralSuggestion)] == ["dismissed"]
    says(case, reply_id, intent="referral")
    assert [r.status for r in all_of(case, ReferralSuggestion)] == ["open"]


def test_an_answer_that_waits_is_put_away_and_written_anew(case: Case) -> None:
    reply_id = come_in(case, "Sounds fine.", "positive", confidence=90)

    def due() -> list[str | None]:
        return [d.draft_id for d in case.database.read_sync(lambda s: answers_due(s, PLAYBOOK.name, limit=5))]

    first = reply_draft_id(reply_id)
    assert due() == [first]
    case.as_user(lambda s: answer_of(s, case, first) and None)
    assert due() == []
    says(case, reply_id, intent="referral", referral_name="Maria Lopez")
    assert case.get(MessageDraft, first).approval_status == "archived"
    assert due() == [reply_draft_id(reply_id, 1)]


def answer_of(session: Any, case: Case, draft_id: str) -> MessageDraft:
    contact = session.get_one(Contact, case.contact_id)
    return make_draft(
        session, contact, id=draft_id, sequence_id=case.sequence_id, touch_type="reply_draft", qc_passed=True
    )


def test_an_approved_answer_is_never_changed_silently(case: Case) -> None:
    reply_id = come_in(case, "Sounds fine.", "positive", confidence=90)

    def approve(session: Any) -> None:
        draft = answer_of(session, case, reply_draft_id(reply_id))
        decision = Decision(draft.id, draft.version, draft_hash(draft), "approve", "user:dana")
        take_decision(session, decision, approval_days=14)
        draft.approval_status = "ready"

    case.as_user(approve)
    done = says(case, reply_id, intent="neutral")
    assert case.get(MessageDraft, reply_draft_id(reply_id)).approval_status == "ready"
    assert "outreach approve undo" in " ".join(done.stays)


def test_what_came_from_another_address_counts_once_a_person_says_so(case: Case) -> None:
    reply_id = come_in(case, "Yes, let us talk.", "positive", confidence=90, From="Assistant <a@else.example>")
    assert case.get(Contact, case.contact_id).stage == "sent"
    done = says(case, reply_id, intent="positive")
    assert case.get(Contact, case.contact_id).stage == "replied"
    assert done.changed == []
    assert [d.reply_id for d in case.database.read_sync(lambda s: answers_due(s, PLAYBOOK.name, limit=5))] == [reply_id]
    says(case, reply_id, intent="positive")
    assert sequence(case).replies_received == 1


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ({"intent": "positive", "resume_date": TODAY + timedelta(days=9)}, "not_now only"),
        ({"intent": "not_now", "resume_date": date(2020, 1, 1)}, "not a day to come"),
        ({"intent": "referral", "referral_email": "nobody"}, "no e-mail address"),
    ],
)
def test_labels_that_make_no_sense_are_refused(case: Case, label: dict[str, Any], why: str) -> None:
    reply_id = come_in(case, "Hm.", "neutral")
    with pytest.raises(CorrectionRefused, match=why):
        says(case, reply_id, **label)
    assert all_of(case, LabelCorrection) == []
