"""Times that a person tells on the command line, by this machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime

from outreach.errors import Complaint

NOON = 12


def time_to_come(told: str) -> datetime:
    """The time for which something is planned; a day alone is its noon. Raises Complaint for what is no time."""
    when = _read(told)
    return (when.replace(hour=NOON) if len(told.strip()) == len("2027-03-01") else when).astimezone(UTC)


def time_past(told: str | None) -> datetime:
    """The time at which something happened, now where none was told. Raises Complaint for what is no time, or has not
    come yet."""
    now = datetime.now(UTC)
    when = now if told is None else _read(told).astimezone(UTC)
    if when > now:
        raise Complaint(f"{told} is in the future.", "Give the time at which it happened.", code=2)
    return when


def _read(told: str) -> datetime:
    try:
        when = datetime.fromisoformat(told)
        when.astimezone(UTC)  # the first and last days there are have no time in every zone
    except (ValueError, OverflowError) as exc:
        raise Complaint(f"'{told}' is not a time.", "Write it as 2027-03-01T14:00.", code=2) from exc
    return when
