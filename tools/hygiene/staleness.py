"""Stale data (SB, hygiene_flags.stale_data): what nobody has confirmed for longer than the playbook's limits allow.

Confirmed is an organisation on the day that a source says it for (`external_ids.observed_on`; where the source does
not tell, the day the record was taken in or last changed), a person on such a day or when they last answered, and
either on the day a person settled a stale_data flag. Research counts while it is about to be written from.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from db.enums import ContactStatus, FlagType, ProspectStatus
from db.models import Account, Contact, ExternalId, HygieneFlag, Prospect
from playbooks import Playbook

_FROM_RESEARCH = (ProspectStatus.RESEARCH_COMPLETE.value, ProspectStatus.READY_FOR_OUTREACH.value)


def stale(
    session: Session, playbook: Playbook, today: date, ids: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Prospect id to what of it is stale, in words that stay the same until something is confirmed.

    Of the prospects `ids`, or of all of the playbook. Those set aside are not looked at: nobody is going to write.
    """
    causes: dict[str, list[str]] = defaultdict(list)
    looked_at = [Prospect.playbook == playbook.name, Prospect.status != ProspectStatus.DEPRIORITIZED.value]
    if ids is not None:
        looked_at.append(Prospect.id.in_(ids))
    limits = playbook.limits
    since = today - timedelta(days=limits.record_days)
    records = _confirmed("accounts", Prospect.account_id, since)
    for prospect_id, seen, source_date, made, settled in session.execute(
        select(Prospect.id, _last_seen("accounts", Prospect.account_id), Prospect.source_date, Prospect.created_at,
               _settled_on()).where(*looked_at, ~records, *_old_organisation(since))
    ):  # fmt: skip
        day = max(d for d in (seen, source_date or made.date(), settled and settled.date()) if d is not None)
        causes[prospect_id].append(f"the organisation was last confirmed on {day}")
    since = today - timedelta(days=limits.contact_days)
    people = _confirmed("contacts", Contact.id, since)
    for prospect_id, name, seen, made, answered, settled in session.execute(
        select(Contact.prospect_id, Contact.full_name, _last_seen("contacts", Contact.id), Contact.created_at,
               Contact.last_response_at, _settled_on())
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(
            *looked_at, ~people, *_old_person(since),
            Contact.is_primary, Contact.status == ContactStatus.ACTIVE.value,
        )
    ):  # fmt: skip
        days = (seen or made.date(), answered and answered.date(), settled and settled.date())
        causes[prospect_id].append(f"{name} was last confirmed on {max(d for d in days if d is not None)}")
    oldest = today - timedelta(days=limits.snapshot_days)
    for prospect_id, looked_up in session.execute(
        select(Prospect.id, Account.research_freshness)
        .join(Account, Account.id == Prospect.account_id)
        .where(*looked_at, Prospect.status.in_(_FROM_RESEARCH), Account.research_freshness < oldest)
    ):
        causes[prospect_id].append(f"the research is of {looked_up}")
    return {prospect_id: tuple(said) for prospect_id, said in causes.items()}


def stale_and_not_flagged(session: Session, playbook: Playbook, today: date) -> set[str]:
    """The prospects whose stale_data flag is missing, or stands though nothing is stale any more."""
    now = stale(session, playbook, today)
    flagged = select(HygieneFlag.prospect_id, HygieneFlag.message, HygieneFlag.resolved_at).join(
        Prospect, Prospect.id == HygieneFlag.prospect_id
    )
    told: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for prospect_id, message, resolved_at in session.execute(
        flagged.where(Prospect.playbook == playbook.name, HygieneFlag.flag_type == FlagType.STALE_DATA.value)
    ):
        told[prospect_id].append((message, resolved_at is None))
    missing = {p for p, causes in now.items() if any(not any(c in m for m, _ in told[p]) for c in causes)}
    gone = {p for p, flags in told.items() if p not in now and any(standing for _, standing in flags)}
    return missing | gone


def _last_seen(table: str, record_id: Any) -> Any:
    """The latest day for which a source says it."""
    return (
        select(func.max(ExternalId.observed_on))
        .where(ExternalId.table_name == table, ExternalId.record_id == record_id)
        .scalar_subquery()
    )


def _settled_on() -> Any:
    """When a person last said that what looked stale is still right."""
    return (
        select(func.max(HygieneFlag.resolved_at))
        .where(
            HygieneFlag.prospect_id == Prospect.id,
            HygieneFlag.flag_type == FlagType.STALE_DATA.value,
            HygieneFlag.resolved_by.not_like("agent:%"),
        )
        .scalar_subquery()
    )


def _confirmed(table: str, record_id: Any, since: date) -> Any:
    """Whether a source said it, or a person settled it, since a day."""
    moment = datetime.combine(since, time(), UTC)
    by_source = exists().where(
        ExternalId.table_name == table,
        ExternalId.record_id == record_id,
        or_(
            ExternalId.observed_on >= since,
            and_(ExternalId.observed_on.is_(None), ExternalId.updated_at >= moment),
        ),
    )
    by_person = exists().where(
        HygieneFlag.prospect_id == Prospect.id,
        HygieneFlag.flag_type == FlagType.STALE_DATA.value,
        HygieneFlag.resolved_by.not_like("agent:%"),
        HygieneFlag.resolved_at >= moment,
    )
    return or_(by_source, by_person)


def _old_organisation(since: date) -> list[Any]:
    """The day of the prospect's own source is old, or there is none and the row is."""
    dated = and_(Prospect.source_date.is_not(None), Prospect.source_date < since)
    moment = datetime.combine(since, time(), UTC)
    return [or_(dated, and_(Prospect.source_date.is_(None), Prospect.created_at < moment))]


def _old_person(since: date) -> list[Any]:
    """They have not answered lately, and where no source tells of them, the row is old."""
    moment = datetime.combine(since, time(), UTC)
    by_source = exists().where(ExternalId.table_name == "contacts", ExternalId.record_id == Contact.id)
    return [
        or_(Contact.last_response_at.is_(None), Contact.last_response_at < moment),
        or_(by_source, Contact.created_at < moment),
    ]
