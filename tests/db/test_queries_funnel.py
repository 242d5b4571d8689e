"""The funnel counts what is there, per playbook, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.models import AgentAuditLog, HygieneFlag, MessageDraft
from db.queries.funnel import Funnel, funnels
from tests.support.inbox import waiting_drafts
from tests.support.rows import make_contact, make_draft, make_prospect

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def decide(session: Session, draft: MessageDraft, decision: Any, **values: Any) -> None:
    take_decision(
        session,
        Decision(
            draft_id=draft.id,
            version=draft.version,
            content_hash=draft_hash(draft),
            decision=decision,
            by="user",
            **values,
        ),
        approval_days=14,
    )
    session.flush()


def fill(session: Session) -> None:
    first = make_prospect(session, tier="A1", status="outreach_active")
    make_prospect(session, status="needs_scoring")
    make_prospect(session, playbook="qa-software", venue_type="company", tier="B", status="scored")
    gone = make_prospect(session, tier="A1")
    gone.deleted_at = NOW

    def passed(**values: Any) -> MessageDraft:
        return make_draft(session, make_contact(session, first, stage="drafted"), qc_passed=True, **values)

    passed()
    make_draft(session, make_contact(session, first), qc_passed=False)
    decide(session, passed(), "skip", until=date(2026, 3, 20))
    decide(session, passed(), "skip", until=date(2026, 3, 10))
    decide(session, passed(), "reject", reason="too long")
    ready = passed()
    decide(session, ready, "approve")
    ready.approval_status = "ready"
    revoked = passed()
    decide(session, revoked, "approve")
    decide(session, revoked, "revoke")
    barred = make_contact(session, first)
    make_draft(session, barred, qc_passed=True)
    barred.status, barred.do_not_contact = "do_not_contact", True

    session.add_all(
        [
            HygieneFlag(prospect=first, flag_type="missing_email", severity="critical", message="no address"),
            HygieneFlag(prospect=first, flag_type="stale_data", message="old"),
            HygieneFlag(prospect=first, flag_type="stale_data", message="was old", resolved_at=NOW),
            AgentAuditLog(agent_name="hygiene", action="merged", prospect_id=first.id, requires_review=True),
            AgentAuditLog(agent_name="qc", action="blocked", contact_id=barred.id, requires_review=True),
            AgentAuditLog(agent_name="qc", action="passed", prospect_id=first.id),
            AgentAuditLog(agent_name="qc", action="x", prospect_id=first.id, requires_review=True, reviewed_at=NOW),
        ]
    )


@pytest.fixture
def sports(database_url: str) -> Funnel:
    with Database(database_url, "user") as database, acting_as("user:test"):
        database.write_sync(fill)
        qa, sports = database.read_sync(lambda s: funnels(s, now=NOW))
    assert (qa.playbook, qa.prospects["scored"], qa.tiers["B"], qa.total_contacts) == ("qa-software", 1, 1, 0)
    assert sports.playbook == "sports-lighting"
    return sports


def test_organisations_and_people_are_counted_without_deleted_ones(sports: Funnel) -> None:
    assert sports.total_prospects == 2
    assert (sports.prospects["outreach_active"], sports.prospects["needs_scoring"]) == (1, 1)
    assert (sports.tiers["A1"], sports.tiers["A2"], sports.tiers[""]) == (1, 0, 1)
    assert (sports.stages["drafted"], sports.stages["new"]) == (6, 2)
    assert sports.do_not_contact == 1


def test_a_draft_waits_until_a_decision_counts_for_its_text(sports: Funnel) -> None:
    # The undecided one, the one whose skip is over, the one whose approval was revoked.
    assert sports.waiting == 3
    assert sports.skipped == 1
    assert (sports.ready, sports.sent) == (1, 0)


def test_what_waits_is_what_the_inbox_shows(database_url: str) -> None:
    def drafts(session: Session) -> None:
        college = make_prospect(session)

        def passed() -> MessageDraft:
            return make_draft(session, make_contact(session, college), qc_passed=True)

        def edited(qc_passed: bool) -> None:
            draft = passed()
            decide(session, draft, "edit", subject="Lights", body="Hi Dana, mine.")
            draft.qc_passed = qc_passed

        passed()
        decide(session, passed(), "approve")
        decide(session, passed(), "skip")
        edited(qc_passed=True)
        edited(qc_passed=False)
        make_draft(session, make_contact(session, college), qc_passed=False)

    with Database(database_url, "user") as database, acting_as("user:test"):
        database.write_sync(drafts)
        # Today; and when the approval and the edit have lapsed.
        found = database.read_sync(lambda s: funnels(s)[0])
        assert found.waiting == len(database.read_sync(waiting_drafts)) == 3
        later = datetime.now(UTC) + timedelta(days=15)
        assert database.read_sync(lambda s: funnels(s, now=later)[0]).waiting == 5
        assert len(database.read_sync(lambda s: waiting_drafts(s, now=later))) == 5


def test_flags_and_reviews_count_while_they_are_open(sports: Funnel) -> None:
    assert (sports.open_flags, sports.critical_flags, sports.to_review) == (2, 1, 2)


def test_a_named_playbook_is_listed_even_when_it_is_empty(database_url: str) -> None:
    with Database(database_url, "user") as database:
        found = database.read_sync(lambda s: funnels(s, ["qa-software"]))
        assert [(f.playbook, f.total_prospects, f.waiting) for f in found] == [("qa-software", 0, 0)]
        assert database.read_sync(funnels) == []
