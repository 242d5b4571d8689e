"""Which messages of a person's inbox are for us: answers to what was sent, and what mail systems say of it.

The rest of a mailbox is nobody's business here: of a message that has nothing to do with what was sent only the
headers are looked at, and nothing is kept.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Contact, Delivery, InboundMessage
from tools.mail import Mail, UnreadableMail, asks_to_stop, human_text, read_mail
from tools.mail.kinds import looks_like_a_report
from tools.replies.intake import TakenMail, match, take_in

_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|doorst)\s*:", re.I)
"""How mail programs begin the subject of what is forwarded: English, German, French, Spanish, Portuguese and others."""
Verdict = Literal["ours", "known", "own", "report", "other"]


def first_day(session: Session, days: int, now: datetime) -> datetime | None:
    """From when on to look: `days` back, but not before the first message was claimed. None: nothing was ever sent."""
    first = session.scalar(select(func.min(Delivery.claimed_at)))
    return None if first is None else max(first - timedelta(days=1), now - timedelta(days=days))


def verdict_on(session: Session, head: bytes, senders: Sequence[str]) -> Verdict:
    """What a message is by its headers. ours: an answer, or a wish to be left alone; known: taken in before; own: one
    of ours, back or copied; report: a mail system's, of which only the whole text says whose it is; other: none of
    these. `senders` are the addresses that we write from, in lower case."""
    try:
        mail = read_mail(head)
    except UnreadableMail:
        return "other"
    if is_own(session, mail, senders):
        return "own"
    if mail.message_id and session.scalar(
        select(InboundMessage.id).where(InboundMessage.message_id == mail.message_id)
    ):
        return "known"
    delivery, contact, _how = match(session, mail)
    if delivery is not None or contact is not None or _was_written_to(session, mail.from_address):
        return "ours"
    if looks_like_a_report(mail):
        return "report"
    return "ours" if asks_to_stop("", mail.subject) else "other"


def is_own(session: Session, mail: Mail, senders: Collection[str]) -> bool:
    """Whether a mail is one of ours, as a Sent folder, a Cc or a list gives it back, or passed on by somebody without
    a word of their own. `senders` are the addresses that we write from, in lower case."""
    if mail.from_address in senders or _is_delivery(session, mail.message_id):
        return True
    return bool(_PASSED_ON.match(mail.subject)) and not human_text(mail.text).strip()


def take_fetched(session: Session, raw: bytes, verdict: Verdict) -> TakenMail | None:
    """Takes a message in; a report only where it is about a message of ours. Raises UnreadableMail."""
    if verdict == "report":
        mail: Mail = read_mail(raw)
        delivery, _contact, _how = match(session, mail, raw)
        if delivery is None:
            return None
    return take_in(session, raw)


def _is_delivery(session: Session, message_id: str) -> bool:
    forms = (message_id, message_id.lower())
    return bool(message_id) and session.scalar(select(Delivery.id).where(Delivery.message_id.in_(forms))) is not None


def _was_written_to(session: Session, address: str) -> bool:
    """Whether this address was written to once, whoever has it now."""
    if not address:
        return False
    theirs = select(Delivery.id).where(func.lower(Delivery.recipient) == address).limit(1)
    contact = select(Contact.id).where(func.lower(Contact.email) == address).limit(1)
    everybody = {"include_deleted": True}
    return (session.scalar(theirs) or session.scalar(contact, execution_options=everybody)) is not None
