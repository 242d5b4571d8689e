"""What code gives a new row: an id, and the time."""

from datetime import UTC, datetime
from uuid import uuid4


def new_id() -> str:
    """A fresh id: 32 lower-case hex characters."""
    return uuid4().hex


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)
