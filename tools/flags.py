"""Flags: what a person should look at (SB, hygiene_flags). One open flag of a kind for a prospect."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import utc_now
from db.enums import FlagSeverity, FlagType
from db.models import HygieneFlag


def open_flags(session: Session, prospect_id: str, kind: FlagType) -> list[HygieneFlag]:
    """The open flags of a kind."""
    return list(
        session.scalars(
            select(HygieneFlag).where(
                HygieneFlag.prospect_id == prospect_id,
                HygieneFlag.flag_type == kind.value,
                HygieneFlag.resolved_at.is_(None),
            )
        )
    )


def open_flag(
    session: Session,
    prospect_id: str,
    kind: FlagType,
    severity: FlagSeverity,
    message: str,
    suggested_action: str | None = None,
    *,
    other_prospect_id: str | None = None,
    refresh: bool = True,
) -> bool:
    """Opens a flag unless there is one of its kind (for a pair: of its pair) already; whether it is new.

    An open flag whose reason has changed takes the new message, unless `refresh` is off.
    """
    for flag in open_flags(session, prospect_id, kind):
        if flag.other_prospect_id != other_prospect_id:
            continue
        if refresh and flag.message != message:
            flag.message, flag.suggested_action, flag.severity = message, suggested_action, severity.value
        return False
    session.add(
        HygieneFlag(
            prospect_id=prospect_id,
            other_prospect_id=other_prospect_id,
            flag_type=kind.value,
            severity=severity.value,
            message=message,
            suggested_action=suggested_action,
        )
    )
    session.flush()
    return True


def settle(session: Session, prospect_id: str, kind: FlagType, by: str, why: str) -> bool:
    """Resolves the open flags of a kind, where what they said no longer holds; whether there were any."""
    flags = [f for f in open_flags(session, prospect_id, kind) if f.other_prospect_id is None]
    for flag in flags:
        flag.resolved_at, flag.resolved_by, flag.resolution_notes = utc_now(), by, why
    return bool(flags)
