"""A message that has left, for suites whose cases begin with one: an answer, a bounce, a follow-up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.approvals import Decision, draft_hash, take_decision
from db.models import Account, Contact, Delivery, MessageDraft, OutreachSequence, Prospect
from db.queries.due import sequence_id_for
from evals.worlds import PERSON
from playbooks import load_playbook
from tools.drafting.drafts import store_version, with_footer
from tools.outbox import mark_sent

ORGANISATIONS = {
    "sports-lighting": ("Hollin Ridge College", "college_d3"),
    "qa-software": ("Marrowgate Systems", "company"),
}
"""Whom the message went to, by playbook: an invented organisation and what kind it is."""


@dataclass(frozen=True)
class Sent:
    """A message that was sent: whose, to which address, and its Message-ID without angle brackets."""

    contact_id: str
    email: str
    message_id: str


ROBIN = ("Robin", "Vance", None)


def send(session: Session, playbook: str, subject: str, body: str, *, to: tuple[str, str, str | None] = ROBIN) -> Sent:
    """Writes a first mail to somebody at the playbook's organisation (first name, last name, address; without one it
    gets one), approves it and marks it as sent."""
    book = load_playbook(playbook)
    name, kind = ORGANISATIONS[playbook]
    prospect = Prospect(
        account=Account(name=name),
        name=name,
        playbook=playbook,
        venue_type=kind,
        state="OH",
        status="ready_for_outreach",
        tier="A2",
    )
    domain = f"{name.split()[0].lower()}.example"
    first, last, address = to
    title = "Athletic Director" if playbook == "sports-lighting" else "QA Director"
    contact = Contact(
        account=prospect.account,
        prospect=prospect,
        first_name=first,
        last_name=last,
        title=title,
        email=address or f"{first}.{last}@{domain}".lower(),
        stage="drafted",
    )
    session.add_all([prospect, contact])
    session.flush()
    draft = approved(session, contact, subject, with_footer(body, book.sender, "email"))
    mark_sent(session, draft.id, datetime.now(UTC) - timedelta(hours=2), PERSON, book.sender)
    return found(session, playbook)


def drafted(session: Session, contact: Contact, subject: str, body: str) -> MessageDraft:
    """A first mail that QC has let through, in a sequence of the tier of its organisation; it waits for a decision."""
    prospect = contact.prospect
    tier = prospect.tier or ""
    sequence = OutreachSequence(
        id=sequence_id_for(contact.id, prospect.playbook),
        prospect_id=prospect.id,
        contact_id=contact.id,
        template_id=f"{prospect.playbook}:{tier}",
        tier=tier,
        total_steps=len(load_playbook(prospect.playbook).steps_of(tier)),
    )
    session.add(sequence)
    session.flush()
    draft = MessageDraft(
        contact_id=contact.id, sequence_id=sequence.id, channel="email", touch_number=1, touch_type="email", body=body
    )
    store_version(
        session, draft=draft, version=1, subject=subject, body=body, author=PERSON, reason="draft", note=None, claims=[]
    )
    draft.qc_passed = True
    session.flush()
    return draft


def approved(session: Session, contact: Contact, subject: str, body: str) -> MessageDraft:
    """A first mail that a person approved, ready to be sent."""
    draft = drafted(session, contact, subject, body)
    take_decision(session, Decision(draft.id, 1, draft_hash(draft), "approve", PERSON), approval_days=14)
    session.flush()
    draft.approval_status = "ready"
    session.flush()
    return draft


def found(session: Session, playbook: str) -> Sent:
    """The message that `send` wrote for this playbook."""
    row = session.execute(
        select(Contact.id, Contact.email, Delivery.message_id)
        .join(Contact.prospect)
        .join(Delivery, Delivery.contact_id == Contact.id)
        .where(Prospect.playbook == playbook)
    ).one()
    return Sent(row.id, row.email or "", row.message_id or "")
