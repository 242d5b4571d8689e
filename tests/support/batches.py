"""A batch with people in every standing, and one whose every text tries to get out of its place."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from db.models import (
    Batch,
    BatchProspect,
    Contact,
    Followup,
    MessageDraft,
    MessageVersion,
    ResearchFact,
    ResearchSnapshot,
    Signal,
)
from db.suppressions import do_not_contact
from tests.support.mail import approve
from tests.support.rows import make_contact, make_draft, make_prospect

BODY = "Hi Dana,\n\nThe lights at Elm Field are from 1994 & <dim>.\n\n  Would a study help?\n\nBest,\nKim"

SCRIPT = "<script>document.title='got out'</script>"
HOSTILE = f"\"'><img src=x onerror=alert(1)>{SCRIPT}{{{{7*7}}}}\u202egnp.exe\u200b\x1b[2J"
"""Markup, a template, a turned direction, something unseen, a terminal's escape."""
BAD_LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://news.example",
    "data:text/html,<script>alert(1)</script>",
    "https://user:secret@news.example/",
    "https://news.example/\"onclick='alert(1)",
    "//news.example/",
    "https:news.example",
    "file:///etc/passwd",
    "https://news.example/a b",
    "https://news.example\\@evil.example/",
    "https://news.example/\u202egnp",
)


def make_batch(session: Session, **values: Any) -> Batch:
    """An empty batch, flushed."""
    given = {"batch_number": 3, "created_date": date(2026, 3, 2), "status": "ready", **values}
    batch = Batch(**given)
    session.add(batch)
    session.flush()
    return batch


def join(session: Session, batch: Batch, contact: Contact, position: int | None, group: str | None = None) -> None:
    """Takes a contact into a batch."""
    session.add(BatchProspect(batch_id=batch.id, contact_id=contact.id, ab_group=group, position_in_batch=position))
    session.flush()


def draft_in(
    session: Session, batch: Batch, contact: Contact, *, approved: bool, rests_on: str | None = None, **values: Any
) -> MessageDraft:
    """A checked message of the batch, approved or not; `rests_on` is the id of a fact that it cites."""
    draft = make_draft(session, contact, **{"batch_id": batch.id, "qc_passed": True, "body": BODY, **values})
    made = MessageVersion(
        draft_id=draft.id,
        version=1,
        subject_line=draft.subject_line,
        body=draft.body,
        author="agent:x",
        reason="draft",
        claims=[{"sentence": "The lights are old.", "fact_id": rests_on}] if rests_on else [],
    )
    session.add(made)
    session.flush()
    if approved:
        approve(session, draft)
    return draft


def fact_of(session: Session, contact: Contact, sentence: str, **values: Any) -> ResearchFact:
    """A fact on the contact's organisation."""
    snapshot = ResearchSnapshot(account_id=contact.account_id, entity_type="company")
    session.add(snapshot)
    session.flush()
    given = {
        "field": "facility", "quote": sentence, "source_url": "https://news.example/a?b=1&c=2",
        "source_title": "The News", "confidence": 4, "fact_key": uuid4().hex, **values,
    }  # fmt: skip
    fact = ResearchFact(snapshot_id=snapshot.id, account_id=contact.account_id, sentence=sentence, **given)
    session.add(fact)
    session.flush()
    return fact


def fill_batch(session: Session) -> dict[str, str]:
    """Batch 3: one person with an approved message, one whose message waits, one without, one not to be contacted,
    in this order of positions but made in another. Returns the ids of drafts and contacts by name."""
    batch = make_batch(
        session,
        pre_brief="Four people.\nOld lights.\nTested: the opener.\nBudgets.\nBegin at the top.",
        mix_ratio={"athletic_directors": 3, "cfos": 1},
        ab_variable="opener_style",
        ab_description="career_reference against company_metric",
    )
    barred = make_contact(session, first_name="Noa", last_name="Barred", phone="+15135550103")
    waiting = make_contact(session, first_name="Wanda", last_name="Waits", timezone="America/Denver")
    silent = make_contact(session, first_name="Sil", last_name="Ent")
    ready = make_contact(
        session,
        make_prospect(session, name="Elm College", city="Akron", tier="A1", icp_score=81, constraint_hypothesis="Old."),
        first_name="Dana",
        phone="+15135550101;ext=12",
        linkedin_url="https://www.linkedin.com/in/dana-example",
        predicted_objection="No money.",
        objection_response="A study costs none.",
    )
    for contact, position, group in ((ready, 1, "A"), (waiting, 2, "B"), (silent, 3, "A"), (barred, 4, "B")):
        join(session, batch, contact, position, group)
    cited = fact_of(session, ready, "Elm Field was lit in 1994.", observed_on=date(2025, 9, 1))
    fact_of(session, ready, "Elm College has 2,100 students.")
    ids = {
        "ready": draft_in(session, batch, ready, approved=True, rests_on=cited.id, ab_group="A").id,
        "waiting": draft_in(session, batch, waiting, approved=False, ab_group="B").id,
        "barred": draft_in(session, batch, barred, approved=True).id,
    }
    day = datetime(2026, 2, 20, tzinfo=UTC)
    session.add(
        Signal(account_id=ready.account_id, signal_type="funding", description="A bond passed", detected_at=day)
    )
    session.add(Followup(contact_id=ready.id, touch_number=2, channel="email", due_date=date(2026, 3, 9)))
    do_not_contact(session, barred, "asked us to stop")
    session.flush()
    return ids | {"batch": batch.id, "barred_contact": barred.id, "ready_contact": ready.id}


def fill_hostile(session: Session) -> str:
    """Batch 4: one person, every text of whom is foul. Returns the draft's id; its message is approved."""
    batch = make_batch(
        session,
        batch_number=4,
        pre_brief=HOSTILE,
        mix_ratio={HOSTILE: 1},
        ab_description=HOSTILE,
        metrics={HOSTILE: {HOSTILE: HOSTILE}},
    )
    prospect = make_prospect(session, name=HOSTILE, city=HOSTILE, constraint_hypothesis="x" * 100_000)
    contact = make_contact(
        session,
        prospect,
        first_name=HOSTILE,
        last_name="",
        title="T" * 50_000,
        email="dana@college.example?bcc=all@evil.example",
        phone="+1;alert(1)",
        linkedin_url="javascript:alert(1)",
        timezone='"><script>alert(1)</script>',
        predicted_objection=HOSTILE,
        objection_response=HOSTILE,
    )
    join(session, batch, contact, None)
    for link in BAD_LINKS:
        fact_of(session, contact, HOSTILE, quote=HOSTILE * 50, source_url=link, source_title=None)
        session.add(Signal(account_id=contact.account_id, signal_type="funding", description=HOSTILE, source_url=link))
    body = f"Hi,\n{SCRIPT}</div></section>&amp;<b>bold</b>"
    return draft_in(session, batch, contact, approved=True, subject_line=HOSTILE, body=body).id
