"""Organisations that research set aside, taken up again once more about them is on file."""

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from db.enums import ProspectStatus
from db.lifecycle import move_prospect
from db.models import Contact, Prospect, ResearchSnapshot
from db.queries.due import never_written_to
from playbooks import Playbook
from tools.research.sources import on_file_since


def take_up_again(session: Session, playbook: Playbook) -> int:
    """Sends organisations back to research that found nothing to open with, where a list, an opening or the address of
    a page has come in since, their tier is written to, and nobody there was written to yet; how many.

    Whether what came in is a reason to write, research says: without one it sets them aside again.
    """
    researched = (
        select(func.max(ResearchSnapshot.created_at))
        .where(ResearchSnapshot.account_id == Prospect.account_id, ResearchSnapshot.contact_id.is_(None))
        .correlate(Prospect)
        .scalar_subquery()
    )
    found = session.scalars(
        select(Prospect)
        .where(
            Prospect.playbook == playbook.name,
            Prospect.deleted_at.is_(None),
            Prospect.status == ProspectStatus.NURTURE.value,
            Prospect.tier.in_(playbook.draft_tiers),
            exists(select(Contact.id).where(Contact.prospect_id == Prospect.id, *never_written_to())),
            on_file_since(Prospect.account_id, researched),
        )
        .order_by(Prospect.id)
    ).all()
    for prospect in found:
        move_prospect(session, prospect, ProspectStatus.NEEDS_RESEARCH.value, "more is on file since research")
    return len(found)
