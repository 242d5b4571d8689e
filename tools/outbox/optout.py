"""Opt-outs that did not come as a mail: from the page of one-click opt-outs, by telephone, on paper."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import SuppressionKind
from db.models import Contact, MessageDraft, Suppression
from db.suppressions import bar_contact, suppress_address


class UnknownRecipient(LookupError):
    """It is neither an address nor the id of a message."""


def opt_out_of(session: Session, whom: str, reason: str) -> str:
    """Suppresses an address, or the one that a message went to, by the id in its opt-out URL (`one_click_url`).

    Returns the address. Idempotent. Raises UnknownRecipient.
    """
    wanted = whom.strip()
    if re.fullmatch(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,253}", wanted):
        suppress_address(session, wanted, reason=reason, source="opt-out")
        _stands_by_itself(session, wanted.lower(), reason)
        return wanted.lower()
    draft = session.get(MessageDraft, wanted.lower()) if re.fullmatch(r"[0-9a-fA-F]{32}", wanted) else None
    if draft is None:
        raise UnknownRecipient(f"'{whom}' is neither an address nor the id of a message.")
    contact = session.get_one(Contact, draft.contact_id, execution_options={"include_deleted": True})
    went_to = draft.delivery.recipient if draft.delivery is not None else None
    if contact.email:
        _stands_by_itself(session, contact.email.lower(), reason)
    bar_contact(session, contact, reason=reason, source=f"opt-out:{draft.id}")
    if went_to and "@" in went_to:
        suppress_address(session, went_to, reason=reason, source=f"opt-out:{draft.id}", contact_id=contact.id)
    return (went_to or contact.email or "").lower() or f"{contact.full_name}, who has no address,"


def _stands_by_itself(session: Session, address: str, reason: str) -> None:
    """An address that a reply had suppressed: said again, it holds even if that reply turns out to be no opt-out."""
    known = session.scalars(
        select(Suppression).where(Suppression.kind == SuppressionKind.ADDRESS.value, Suppression.value == address)
    ).one_or_none()
    if known is not None and (known.source or "").startswith("inbound:"):
        known.source, known.reason = "opt-out", reason
