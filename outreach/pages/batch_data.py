"""What a batch holds, read once for every form in which it leaves: people in their order, research, messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, get_args

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from db.approvals import OUT, recipient_of
from db.enums import ExperimentStatus, FollowupState
from db.models import (
    Batch,
    BatchProspect,
    Contact,
    Experiment,
    Followup,
    MessageDraft,
    MessageVersion,
    ResearchFact,
    Signal,
)
from db.queries.inbox import Line, Sought, State, lines
from db.suppressions import plain_address, suppressed_among
from playbooks import Playbook, PlaybookNotFound, load_playbook
from tools.batches.metrics import batch_metrics
from tools.outbox import NotReady, outgoing
from tools.outbox.window import zone_of
from tools.scoring import explain
from tools.scoring.explain import NotScored, Part

MOST_REASONS: Final = 3
STATES: Final = {
    "waiting": "Waits for approval",
    "approved": "Approved",
    "sent": "Sent",
    "claimed": "On its way",
    "uncertain": "Uncertain whether it left",
    "skipped": "Skipped",
    "held": "On hold",
    "working": "Being worked on",
    "stopped": "Stopped by QC",
    "over": "Not to be sent",
}
"""Where a message can stand, in the words of the page."""


@dataclass(frozen=True)
class Message:
    """One message to one person. `leaves` is true where it is approved and may leave as it stands; `cited` are the
    ids of the facts that it rests on."""

    draft_id: str
    channel: str
    touch_type: str
    touch_number: int
    recipient: str | None
    subject: str | None
    body: str
    state: str
    note: str
    leaves: bool
    sent_at: datetime | None
    group: str | None
    cited: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Person:
    """A member of the batch. `barred` says why nobody may write to them; such a person has no messages, no research
    and no addresses here."""

    place: int
    contact: Contact | None
    name: str
    group: str | None
    barred: str = ""
    zone: str = ""
    zone_assumed: bool = False
    reasons: Sequence[Part] = ()
    facts: Sequence[ResearchFact] = ()
    signals: Sequence[Signal] = ()
    messages: Sequence[Message] = ()
    followups: Sequence[Followup] = ()


@dataclass(frozen=True)
class BatchData:
    """A batch as it stood at `read_at`. `tested` are lines on what is compared; `running` whether an experiment that
    it belongs to has not ended, so that its groups' results must not be looked at yet; `metrics` is what came of it
    (tools.batches.metrics), counted as of then."""

    batch: Batch
    read_at: datetime
    people: Sequence[Person]
    tested: Sequence[str]
    running: bool
    metrics: dict[str, Any]
    playbooks: dict[str, Playbook] = field(default_factory=dict)

    @property
    def messages(self) -> list[Message]:
        """Every message, in the order of the people."""
        return [message for person in self.people for message in person.messages]

    def count_states(self) -> Counter[str]:
        """How many messages stand where."""
        return Counter(message.state for message in self.messages)

    def count_groups(self) -> Counter[str]:
        """How many people are in each group of the test."""
        return Counter(person.group for person in self.people if person.group)


def read_batch(session: Session, batch: Batch) -> BatchData:
    """Everything that leaves with a batch, by a few statements however many people it has, and some per score and per
    approved message."""
    moment = datetime.now(UTC)
    members = session.scalars(
        select(BatchProspect)
        .where(BatchProspect.batch_id == batch.id)
        .order_by(BatchProspect.position_in_batch.is_(None), BatchProspect.position_in_batch, BatchProspect.id)
    ).all()
    ids = [member.contact_id for member in members]
    found = select(Contact).where(Contact.id.in_(ids)).options(selectinload(Contact.prospect))
    contacts = {contact.id: contact for contact in session.scalars(found) if contact.prospect is not None}
    barred = _barred(session, contacts.values())
    open_to = [contact for contact in contacts.values() if contact.id not in barred]
    shelf = _Shelf(session, batch, open_to, moment)
    people = []
    for place, member in enumerate(members, 1):
        contact = contacts.get(member.contact_id)
        if contact is None:
            people.append(Person(place, None, "(deleted)", member.ab_group, "This person was deleted."))
        elif contact.id in barred:
            people.append(Person(place, contact, contact.full_name, member.ab_group, barred[contact.id]))
        else:
            people.append(shelf.person(place, contact, member.ab_group))
    tests = [one for one in session.scalars(select(Experiment)) if batch.id in (one.batches_included or [])]
    running = any(one.status == ExperimentStatus.ACTIVE.value for one in tests)
    return BatchData(
        batch, moment, people, _tested(batch, tests), running, batch_metrics(session, batch), shelf.playbooks
    )


def _barred(session: Session, contacts: Iterable[Contact]) -> dict[str, str]:
    known = list(contacts)
    suppressed = suppressed_among(session, (one.email for one in known))
    found = {
        one.id: "Their address or domain is suppressed." for one in known if plain_address(one.email) in suppressed
    }
    found |= {one.id: one.dnc_reason or "No reason was kept." for one in known if one.do_not_contact}
    return found


def _tested(batch: Batch, tests: Sequence[Experiment]) -> list[str]:
    variable = (batch.ab_variable or "").replace("_", " ")
    told = [": ".join(part for part in (variable, batch.ab_description) if part)]
    for one in tests:
        told.append(f"Experiment {one.name or one.id[:8]} ({one.status or 'not begun'})")
        told += [f"Group {name}: {said}" for name, said in (("A", one.group_a_desc), ("B", one.group_b_desc)) if said]
    return [line for line in told if line]


class _Shelf:
    """The rows of many people, each kind read by one statement and then handed out by person."""

    def __init__(self, session: Session, batch: Batch, contacts: Sequence[Contact], now: datetime) -> None:
        self._session, self._now = session, now
        self.playbooks: dict[str, Playbook] = {}
        self._reasons: dict[str, Sequence[Part]] = {}
        ids, accounts = [one.id for one in contacts], {one.account_id for one in contacts}
        self._drafts = self._read_drafts(batch, ids)
        drafts = [draft for mine in self._drafts.values() for draft in mine]
        sought = Sought(ids=[draft.id for draft in drafts])
        self._lines = {line.draft_id: line for line in lines(session, sought, states=get_args(State), now=now)}
        self._cited = self._read_cited(drafts)
        facts = select(ResearchFact).where(ResearchFact.account_id.in_(accounts))
        self._facts: dict[str, list[ResearchFact]] = defaultdict(list)
        for fact in session.scalars(facts.order_by(ResearchFact.created_at, ResearchFact.fact_key)):
            self._facts[fact.account_id].append(fact)
        signals = select(Signal).where(Signal.account_id.in_(accounts))
        self._signals: dict[str, list[Signal]] = defaultdict(list)
        for signal in session.scalars(signals.order_by(Signal.detected_at.desc(), Signal.id)):
            self._signals[signal.account_id].append(signal)
        due = (FollowupState.PENDING.value, FollowupState.OVERDUE.value)
        followups = select(Followup).where(Followup.contact_id.in_(ids), Followup.state.in_(due))
        self._followups: dict[str, list[Followup]] = defaultdict(list)
        for followup in session.scalars(followups.order_by(Followup.due_date, Followup.touch_number)):
            self._followups[followup.contact_id].append(followup)

    def _read_drafts(self, batch: Batch, ids: Sequence[str]) -> dict[str, list[MessageDraft]]:
        """The batch's messages, and what later touches of the same sequences say."""
        sequences = select(MessageDraft.sequence_id).where(
            MessageDraft.batch_id == batch.id, MessageDraft.sequence_id.is_not(None)
        )
        statement = (
            select(MessageDraft)
            .where(
                MessageDraft.contact_id.in_(ids),
                MessageDraft.approval_status != "archived",
                or_(
                    MessageDraft.batch_id == batch.id,
                    MessageDraft.batch_id.is_(None) & MessageDraft.sequence_id.in_(sequences),
                ),
            )
            .options(selectinload(MessageDraft.delivery))
            .order_by(MessageDraft.touch_number, MessageDraft.created_at, MessageDraft.id)
        )
        found: dict[str, list[MessageDraft]] = defaultdict(list)
        for draft in self._session.scalars(statement):
            found[draft.contact_id].append(draft)
        return found

    def _read_cited(self, drafts: Sequence[MessageDraft]) -> dict[str, frozenset[str]]:
        present = {(draft.id, draft.version) for draft in drafts}
        statement = select(MessageVersion.draft_id, MessageVersion.version, MessageVersion.claims).where(
            MessageVersion.draft_id.in_([draft.id for draft in drafts])
        )
        return {
            draft_id: frozenset(claim["fact_id"] for claim in claims)
            for draft_id, version, claims in self._session.execute(statement)
            if (draft_id, version) in present
        }

    def person(self, place: int, contact: Contact, group: str | None) -> Person:
        """A person who may be written to, with all that belongs to them."""
        zone, assumed = self._zone(contact)
        mine = (None, contact.id)
        return Person(
            place,
            contact,
            contact.full_name,
            group,
            zone=zone,
            zone_assumed=assumed,
            reasons=self._why(contact.prospect_id),
            facts=[fact for fact in self._facts[contact.account_id] if fact.contact_id in mine],
            signals=[signal for signal in self._signals[contact.account_id] if signal.contact_id in mine],
            messages=[self._message(draft) for draft in self._drafts.get(contact.id, [])],
            followups=self._followups[contact.id],
        )

    def _playbook(self, name: str) -> Playbook | None:
        if name not in self.playbooks:
            try:
                self.playbooks[name] = load_playbook(name)
            except PlaybookNotFound:
                return None
        return self.playbooks[name]

    def _zone(self, contact: Contact) -> tuple[str, bool]:
        playbook = self._playbook(contact.prospect.playbook)
        if playbook is None:
            return contact.timezone or "", False
        zone = zone_of(contact, playbook.sending)
        return zone.name, zone.assumed

    def _why(self, prospect_id: str) -> Sequence[Part]:
        """The parts that a prospect's score owes most to."""
        if prospect_id not in self._reasons:
            try:
                parts = explain(self._session, prospect_id).parts
            except (NotScored, PlaybookNotFound):
                parts = []
            best = sorted(parts, key=lambda part: -part.weight * part.score / part.most)
            self._reasons[prospect_id] = best[:MOST_REASONS]
        return self._reasons[prospect_id]

    def _message(self, draft: MessageDraft) -> Message:
        state, note = _state(draft, self._lines.get(draft.id))
        if state == "approved":
            try:
                outgoing(self._session, draft, self._now)
            except NotReady as exc:
                state, note = "held", str(exc)
        gone = draft.delivery
        return Message(
            draft_id=draft.id,
            channel=draft.channel,
            touch_type=draft.touch_type,
            touch_number=draft.touch_number,
            recipient=gone.recipient if gone and gone.state in OUT else recipient_of(draft.contact, draft.channel),
            subject=draft.subject_line,
            body=draft.body,
            state=state,
            note=note,
            leaves=state == "approved",
            sent_at=gone.sent_at if gone and state == "sent" else None,
            group=draft.ab_group,
            cited=self._cited.get(draft.id, frozenset()),
        )


def _state(draft: MessageDraft, line: Line | None) -> tuple[str, str]:
    if draft.approval_status == "sent":
        return "sent", ""
    if draft.delivery is not None and draft.delivery.state in OUT:
        return draft.delivery.state, ""
    return (line.state, line.note) if line is not None else ("over", "")


def expired(signal: Signal, today: date) -> bool:
    """Whether a reason to write now has had its day."""
    return signal.expires_at is not None and signal.expires_at < today
