"""The approval inbox: every message that is not out yet, where it stands, and which of them wait for a person.

One statement reads as many of them as are asked for; what a person needs to read of one is in `db.queries.reading`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from db.approvals import APPROVING, OUT, content_hash, lapse, latest_approval, recipient_of, warnings_of
from db.models import Batch, Contact, Delivery, MessageDraft, MessageVersion, OutreachSequence, Prospect
from db.suppressions import plain_address, suppressed_among
from db.thread_ids import touch_thread

State = Literal["waiting", "skipped", "approved", "held", "working", "stopped", "over", "out"]
"""'waiting' for a person; 'skipped' until a day; 'approved' and not out yet; 'held' because it cannot go out for now;
'working': decided, or not checked yet, and the agents' turn; 'stopped' by QC; 'over' for good; 'out' already."""


WAITING: tuple[State, ...] = ("waiting",)


class Standing(NamedTuple):
    """Whether a draft may still be decided on: 'open'; 'held' for now; 'over' for good; or 'out' already. `because`
    says why not."""

    state: Literal["open", "held", "over", "out"]
    because: str = ""


@dataclass(frozen=True)
class Sought:
    """Which messages are asked for. What is empty or None does not narrow it.

    `batch` is a batch's number, or the beginning of its id; `rules` are QC rules of which one must have marked the
    message; `clean` True asks for those without any warning, False for those with one.
    """

    playbook: str | None = None
    tiers: Collection[str] = ()
    touches: Collection[int] = ()
    channels: Collection[str] = ()
    batch: str | None = None
    rules: Collection[str] = ()
    clean: bool | None = None
    ids: Collection[str] | None = None


ANY = Sought()


@dataclass(frozen=True)
class Line:
    """One message in the list. `note` says why it came back, or until when it waits; `stands` whether an approval of
    exactly what would leave is in force; `warnings` and `blocks` are the QC rules that marked it."""

    draft_id: str
    contact_id: str
    sequence_id: str | None
    touch_number: int
    version: int
    channel: str
    status: str
    state: State
    note: str
    stands: bool
    person: str
    organisation: str
    playbook: str
    recipient: str | None
    tier: str | None
    score: int | None
    batch: int | None
    subject: str | None
    warnings: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    @property
    def thread_id(self) -> str:
        """The thread that looks after the message."""
        return touch_thread(self.contact_id, self.sequence_id, self.touch_number)


def standing(session: Session, draft: MessageDraft) -> Standing:
    """What became of a draft's contact and sequence since it was written, as far as it ends or holds the message."""
    row = session.execute(_of_one(), {"draft_id": draft.id}).one()
    return _standing(row, suppressed_among(session, [row.email]))


def lines(
    session: Session,
    sought: Sought = ANY,
    *,
    states: Collection[State] = WAITING,
    now: datetime | None = None,
) -> list[Line]:
    """The messages in these states, best prospects first; what was sent or archived is in none of them.

    A skipped message waits again from its day on, an approved one once its approval lapsed. A draft that the rules
    block waits only where the blocked text is a person's own edit.
    """
    moment = now or datetime.now(UTC)
    statement = _narrowed(_statement(latest_approval()), sought).where(
        MessageDraft.approval_status.in_(("draft", "ready"))
    )
    rows = session.execute(statement.order_by(*_BEST_FIRST)).all()
    suppressed = suppressed_among(session, (row.email for row in rows))
    found = (_line(row, suppressed, moment) for row in rows)
    return [line for line in found if _is_sought(line, sought, states)]


def stirring(session: Session) -> list[Line]:
    """The drafts with which the agents can go on: decided, not checked yet, or not to be sent any more."""
    found = lines(session, states=("working", "over"))
    return [line for line in found if line.status == "draft"]


@cache
def _of_one() -> Select[Any]:
    """Built once: to build it takes longer than to run it."""
    return _statement(latest_approval()).where(MessageDraft.id == bindparam("draft_id"))


_BEST_FIRST = (Prospect.playbook, func.coalesce(Prospect.icp_score, 0).desc(), Prospect.name, MessageDraft.id)


def _statement(latest_and_on: tuple[Any, Any]) -> Select[Any]:
    latest, on = latest_and_on
    version = and_(MessageVersion.draft_id == MessageDraft.id, MessageVersion.version == MessageDraft.version)
    return (
        select(
            MessageDraft.id,
            MessageDraft.contact_id,
            MessageDraft.sequence_id,
            MessageDraft.touch_number,
            MessageDraft.touch_type,
            MessageDraft.version,
            MessageDraft.channel,
            MessageDraft.approval_status,
            MessageDraft.qc_passed,
            MessageDraft.qc_flags,
            MessageDraft.subject_line,
            # For the hash of what was approved; of the others a list needs no text.
            case((latest.decision.in_(APPROVING), MessageDraft.body)).label("body"),
            MessageVersion.author,
            Contact.full_name,
            Contact.email,
            Contact.linkedin_url,
            Contact.phone,
            Contact.status.label("contact_status"),
            Contact.do_not_contact,
            Contact.deleted_at.label("contact_deleted"),
            Prospect.deleted_at.label("prospect_deleted"),
            Prospect.name.label("organisation"),
            Prospect.playbook,
            Prospect.tier,
            Prospect.icp_score,
            OutreachSequence.status.label("sequence_status"),
            Delivery.state.label("delivery"),
            Batch.batch_number,
            latest.decision,
            latest.until,
            latest.decided_at,
            latest.expires_at,
            latest.content_hash,
            latest.contact_id.label("approved_for"),
        )
        .select_from(MessageDraft)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .outerjoin(MessageVersion, version)
        .outerjoin(OutreachSequence, OutreachSequence.id == MessageDraft.sequence_id)
        .outerjoin(Delivery, Delivery.draft_id == MessageDraft.id)
        .outerjoin(Batch, Batch.id == MessageDraft.batch_id)
        .outerjoin(latest, on)
        # A message to somebody who was deleted must be found, to be put away.
        .execution_options(include_deleted=True)
    )


def _narrowed(statement: Select[Any], sought: Sought) -> Select[Any]:
    if sought.playbook is not None:
        statement = statement.where(Prospect.playbook == sought.playbook)
    if sought.tiers:
        statement = statement.where(Prospect.tier.in_(sought.tiers))
    if sought.touches:
        statement = statement.where(MessageDraft.touch_number.in_(sought.touches))
    if sought.channels:
        statement = statement.where(MessageDraft.channel.in_(sought.channels))
    if sought.batch is not None:
        statement = statement.where(of_batch(sought.batch))
    if sought.ids is not None:
        statement = statement.where(MessageDraft.id.in_(sought.ids))
    return statement


def of_batch(name: str) -> Any:
    """The condition that a batch has this number, or an id that begins so (of at least six characters)."""
    found = []
    if name.isdecimal() and len(name) < len(str(2**31)):
        found.append(Batch.batch_number == int(name))
    if len(name) >= len("000000"):
        found.append(Batch.id.startswith(name.lower(), autoescape=True))
    return or_(*found) if found else Batch.id.is_(None) & Batch.id.is_not(None)


def _is_sought(line: Line, sought: Sought, states: Collection[State]) -> bool:
    if line.state not in states or (sought.clean is not None and sought.clean is bool(line.warnings + line.blocks)):
        return False
    return not sought.rules or not set(sought.rules).isdisjoint(line.warnings + line.blocks)


def _line(row: Any, suppressed: Collection[str], now: datetime) -> Line:
    recipient = recipient_of(row, row.channel)
    missing = ""
    if row.decision in APPROVING:
        present = content_hash(row.channel, recipient or "", row.subject_line, row.body)
        approval = _Approved(row.approved_for, row.content_hash, row.decided_at, row.expires_at)
        missing = lapse(approval, row.contact_id, present, now)
    stands = row.decision in APPROVING and not missing
    state, note = _state(row, _standing(row, suppressed), missing, now)
    return Line(
        draft_id=row.id,
        contact_id=row.contact_id,
        sequence_id=row.sequence_id,
        touch_number=row.touch_number,
        version=row.version,
        channel=row.channel,
        status=row.approval_status,
        state=state,
        note=note,
        stands=stands,
        person=row.full_name,
        organisation=row.organisation,
        playbook=row.playbook,
        recipient=recipient,
        tier=row.tier,
        score=row.icp_score,
        batch=row.batch_number,
        subject=row.subject_line,
        warnings=warnings_of(row.qc_flags),
        blocks=list(dict.fromkeys(f["rule"] for f in row.qc_flags or [] if f["severity"] == "block")),
    )


class _Approved(NamedTuple):
    contact_id: str
    content_hash: str
    decided_at: datetime
    expires_at: datetime | None


def _standing(row: Any, suppressed: Collection[str]) -> Standing:
    if row.approval_status == "sent" or row.delivery in OUT:
        return Standing("out", "the message is sent, or on its way")
    if row.approval_status == "archived":
        return Standing("over", "the message was archived")
    if row.contact_deleted is not None or row.prospect_deleted is not None:
        return Standing("over", "the contact or the organisation was deleted")
    if row.do_not_contact:
        return Standing("over", "the contact is do-not-contact")
    if row.channel == "email" and row.contact_status == "bounced":
        return Standing("over", "the contact's address bounced")
    if plain_address(row.email) in suppressed:
        return Standing("over", "the contact's address or domain is suppressed")
    if row.touch_type != "reply_draft":
        if row.sequence_status in ("stopped", "completed"):
            return Standing("over", f"the sequence is {row.sequence_status}")
        if row.sequence_status == "paused":
            return Standing("held", "the sequence is paused")
    if not recipient_of(row, row.channel):
        return Standing("held", f"the contact has no address for the channel {row.channel}")
    return Standing("open")


def _state(row: Any, fate: Standing, missing: str, now: datetime) -> tuple[State, str]:
    if fate.state in ("over", "out"):
        return fate.state, fate.because
    if row.approval_status == "ready" and row.decision in APPROVING and not missing:
        return "approved", ""
    by_person = (row.author or "").partition(":")[0] == "user"
    if row.qc_passed is None:
        return "working", "QC has not seen this text yet"
    if not row.qc_passed and not by_person:
        return "stopped", "QC blocks it"
    if row.decision == "skip" and row.until is not None and row.until > now.date():
        return "skipped", f"until {row.until}"
    open_again = {
        None: "",
        "revoke": f"You took your decision of {_day(row.decided_at)} back.",
        "skip": f"It was skipped until {row.until}." if row.until else "It was skipped.",
        "approve": missing,
        "edit": missing if row.qc_passed else "QC does not let this edit through.",
    }
    if row.decision not in open_again or (row.decision in APPROVING and not open_again[row.decision]):
        return "working", "decided"
    if fate.state == "held":
        return "held", fate.because
    return "waiting", open_again[row.decision]


def _day(moment: datetime | None) -> str:
    return str(moment.date()) if moment else ""
