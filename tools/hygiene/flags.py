"""Flags: what a person should look at (SB, hygiene_flags). One open flag of a kind for a prospect.

What a person has resolved is not brought up again for the same cause: for a pair the pair is the cause, for what
hygiene finds by itself each of a flag's causes by its words, for anything else the message.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import is_user
from db.enums import FlagSeverity, FlagType
from db.models import HygieneFlag
from db.stamps import utc_now

_BETWEEN = "; "


@dataclass(frozen=True)
class Problem:
    """What may be wrong with a prospect; without `causes` nothing is.

    The message is `lead` and the causes. Flags of one kind are told apart by their leads, so each keeps its own.
    """

    kind: FlagType
    severity: FlagSeverity
    lead: str
    causes: Sequence[str]
    action: str
    gone: str = "It holds no longer."

    def message(self, causes: Sequence[str]) -> str:
        """The flag's message for these causes."""
        return f"{self.lead}{_BETWEEN.join(causes)}."

    def is_mine(self, flag: HygieneFlag) -> bool:
        """Whether a flag tells of this problem."""
        return (
            flag.flag_type == self.kind.value and flag.other_prospect_id is None and flag.message.startswith(self.lead)
        )

    def causes_of(self, flag: HygieneFlag) -> set[str]:
        """The causes that a flag of this problem names."""
        return set(flag.message.removeprefix(self.lead).removesuffix(".").split(_BETWEEN))


@dataclass
class FlagCounts:
    """How many flags were opened and settled."""

    opened: int = 0
    settled: int = 0


@dataclass
class FlagBook:
    """The flags of some prospects, read once; `keep_up` brings them into line with what is wrong now."""

    session: Session
    by: str
    flags: dict[str, list[HygieneFlag]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, prospect_ids: Collection[str], by: str) -> "FlagBook":
        """`by` is who settles what is gone (`agent:RUN`)."""
        book = cls(session, by)
        for flag in session.scalars(
            select(HygieneFlag).where(HygieneFlag.prospect_id.in_(prospect_ids)).order_by(HygieneFlag.created_at)
        ):
            book.flags.setdefault(flag.prospect_id, []).append(flag)
        return book

    def keep_up(self, prospect_id: str, problem: Problem) -> FlagCounts:
        """Opens, rewords or settles the one flag of a problem."""
        mine = [flag for flag in self.flags.get(prospect_id, ()) if problem.is_mine(flag)]
        standing = [flag for flag in mine if flag.resolved_at is None]
        settled = [flag for flag in mine if flag.resolved_at is not None and is_user(flag.resolved_by)]
        done = {cause for flag in settled for cause in problem.causes_of(flag)}
        causes = [cause for cause in problem.causes if cause not in done]
        if not causes:
            why = problem.gone if not problem.causes else "A person has settled this before."
            for flag in standing:
                flag.resolved_at, flag.resolved_by, flag.resolution_notes = utc_now(), self.by, why
            return FlagCounts(settled=len(standing))
        message = problem.message(causes)
        if standing:
            flag = standing[0]
            said = (message, problem.action, problem.severity.value)
            if said != (flag.message, flag.suggested_action, flag.severity):
                flag.message, flag.suggested_action, flag.severity = said
            return FlagCounts()
        flag = _new(self.session, prospect_id, problem.kind, problem.severity, message, problem.action)
        self.flags.setdefault(prospect_id, []).append(flag)
        return FlagCounts(opened=1)


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
    """Opens a flag unless there is one already, or a person has resolved one; whether it is new.

    A pair has one flag, and its message is brought up to date. Without `refresh` every message has a flag of its own.
    """
    for flag in session.scalars(
        select(HygieneFlag)
        .where(HygieneFlag.prospect_id == prospect_id, HygieneFlag.flag_type == kind.value)
        .order_by(HygieneFlag.resolved_at.is_not(None), HygieneFlag.created_at)
    ):
        if flag.other_prospect_id != other_prospect_id:
            continue
        if flag.resolved_at is not None:
            same = other_prospect_id is not None or flag.message == message
            if same and is_user(flag.resolved_by):
                return False
            continue
        if not refresh and flag.message != message:
            continue
        if flag.message != message:
            flag.message, flag.suggested_action, flag.severity = message, suggested_action, severity.value
        return False
    _new(session, prospect_id, kind, severity, message, suggested_action, other_prospect_id)
    session.flush()
    return True


def _new(
    session: Session,
    prospect_id: str,
    kind: FlagType,
    severity: FlagSeverity,
    message: str,
    action: str | None,
    other_prospect_id: str | None = None,
) -> HygieneFlag:
    flag = HygieneFlag(
        prospect_id=prospect_id,
        other_prospect_id=other_prospect_id,
        flag_type=kind.value,
        severity=severity.value,
        message=message,
        suggested_action=action,
    )
    session.add(flag)
    return flag
