"""A person overrides a warning of QC, with a reason. What blocks is never overridden."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import is_user
from db.enums import ApprovalStatus
from db.models import MessageDraft
from db.queries.references import the_one
from tools.qc import Flag


class NotOverridden(ValueError):
    """The warning cannot be overridden; the message says why."""


def override_warning(session: Session, reference: str, rule: str, *, reason: str, by: str) -> int:
    """Keeps a person's reason with each warning of a rule on a waiting draft, and says how many there are.

    `reference` is a draft's id or its beginning. The reason stands in message_drafts.qc_flags under `overridden` and
    holds for this version: a new text is looked at anew. Doing it again changes the reason. Raises NotOverridden.
    """
    if not is_user(by):
        raise NotOverridden("Only a person overrides a warning.")
    if not reason.strip():
        raise NotOverridden("Overriding a warning needs a reason.")
    draft = the_one(
        session,
        select(MessageDraft).where(MessageDraft.approval_status == ApprovalStatus.DRAFT.value),
        MessageDraft.id,
        reference,
        what="waiting draft",
        listed="outreach approve list",
        error=NotOverridden,
    )
    flags = [dict(flag) for flag in draft.qc_flags or []]
    meant = [flag for flag in flags if flag["rule"] == rule]
    if not meant:
        has = ", ".join(sorted({flag["rule"] for flag in flags})) or "no flags"
        raise NotOverridden(f"This draft has no warning of '{rule}'; it has {has}.")
    if any(flag["severity"] == "block" for flag in meant):
        raise NotOverridden(f"'{rule}' blocks. A block is never overridden: change the text.")
    for flag in meant:
        flag["overridden"] = {"by": by, "reason": reason.strip(), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    draft.qc_flags = flags
    session.flush()
    return len(meant)


def with_overrides(flags: list[Flag], before: list[dict[str, object]] | None) -> list[dict[str, object]]:
    """Flags as they are kept, with the overrides that the same warnings of the same version had before."""
    reasons = {(f["rule"], f["text"]): f["overridden"] for f in before or [] if f.get("overridden")}
    kept: list[dict[str, object]] = []
    for flag in flags:
        row = flag.as_json()
        if flag.severity == "warn" and (reason := reasons.get((flag.rule, flag.text))):
            row["overridden"] = reason
        kept.append(row)
    return kept
