"""What follows from a note on a contact that speaks against writing to them: done once for each note, and never more
than silence.

A person has the last word: what they set after it stands, until somebody writes another note.
"""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ContactStatus, FlagSeverity, FlagType
from db.lifecycle import LIVE
from db.models import AgentAuditLog, Contact, OutreachSequence, Prospect
from db.suppressions import do_not_contact, mark_bounced
from tools.hygiene.flags import open_flag
from tools.hygiene.note_reading import Against, Heard, heard
from tools.journal import note
from tools.qc.naming import names_of
from tools.sequences import pause

ACTION = "note_heeded"
_SAID = {
    Against.OPT_OUT: "wants no messages",
    Against.LEFT: "is gone",
    Against.BOUNCED: "has an address that bounced",
    Against.LATER: "wants to be left alone for now",
}
_NEXT = {
    Against.OPT_OUT: "Leave it so, or look whether the note means somebody else.",
    Against.LEFT: "Find out who follows them.",
    Against.BOUNCED: "Find an address that works.",
    Against.LATER: "Decide when they may be written to again.",
}


def with_notes(session: Session, playbook: str) -> list[str]:
    """The ids of a playbook's people who may be written to and have a note."""
    return list(
        session.scalars(
            select(Contact.id)
            .join(Prospect, Prospect.id == Contact.prospect_id)
            .where(
                Prospect.playbook == playbook,
                Prospect.deleted_at.is_(None),
                Contact.deleted_at.is_(None),
                Contact.status == ContactStatus.ACTIVE.value,
                Contact.notes.is_not(None),
                Contact.notes != "",
            )
            .order_by(Contact.id)
        )
    )


def heed_note(session: Session, contact: Contact, *, run_id: str, agent: str, now: datetime) -> str | None:
    """Does what a contact's note asks for, unless that was done before. Returns why nobody may write to them now, or
    None. Idempotent.

    An opt-out makes them do-not-contact, a dead address bounced; who is gone or wants to wait becomes dormant, with
    their sequences paused. A flag tells a person, with the note's words.
    """
    found = _heard(contact)
    if found is None or contact.status != ContactStatus.ACTIVE.value:
        return None
    digest = hashlib.blake2b(f"{found.against}/{found.words}".encode(), digest_size=8).hexdigest()
    before = session.scalars(
        select(AgentAuditLog).where(AgentAuditLog.contact_id == contact.id, AgentAuditLog.action == ACTION)
    )
    if any((entry.details or {}).get("digest") == digest for entry in before):
        return None  # a person has let them be written to since
    reason = f"a note says: {found.words}"
    _silence(session, contact, found.against, reason, now)
    open_flag(
        session,
        contact.prospect_id,
        FlagType.OUTREACH_BLOCKED,
        FlagSeverity.WARNING,
        f"{contact.full_name} {_SAID[found.against]}, a note says: {found.words}",
        _NEXT[found.against],
        refresh=False,
    )
    note(
        session,
        run_id=run_id,
        agent=agent,
        action=ACTION,
        prospect_id=contact.prospect_id,
        contact_id=contact.id,
        details={"against": found.against.value, "digest": digest},
        requires_review=True,
    )
    session.flush()
    return reason


def _heard(contact: Contact) -> Heard | None:
    called = tuple(name for name in (contact.first_name, contact.last_name, contact.full_name) if name)
    names = names_of(contact.prospect.name)
    return heard(contact.notes, names=called, organisation=min(names, key=len, default=""), email=contact.email)


def _silence(session: Session, contact: Contact, against: Against, reason: str, now: datetime) -> None:
    if against is Against.OPT_OUT:
        do_not_contact(session, contact, reason)
        return
    if against is Against.BOUNCED:
        mark_bounced(session, contact)
        return
    contact.status = ContactStatus.DORMANT.value
    session.flush()
    for sequence in session.scalars(
        select(OutreachSequence).where(OutreachSequence.contact_id == contact.id, OutreachSequence.status.in_(LIVE))
    ):
        pause(session, sequence, now)
