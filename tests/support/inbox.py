"""The inbox whole: every message that waits, with all that a person needs to decide on it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from db.queries.inbox import Sought, lines
from db.queries.reading import Waiting, read_draft


def waiting_drafts(
    session: Session,
    playbook: str | None = None,
    *,
    now: datetime | None = None,
    ids: Sequence[str] | None = None,
) -> list[Waiting]:
    """What waits for a person, with all that they need to decide; `ids` narrows it to these drafts."""
    found = lines(session, Sought(playbook=playbook, ids=ids), now=now)
    return [read_draft(session, line.draft_id, line.note) for line in found]
