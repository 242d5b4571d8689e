"""When a message may arrive: on a working day and within working hours, by the recipient's own clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from db.models import Contact
from playbooks.sending import Sending
from tools.normalise import timezone_of

_DAYS_AHEAD: Final = 400
"""Whoever closes every day of a year sends nothing."""


@dataclass(frozen=True)
class Zone:
    """A recipient's timezone by its IANA name; `assumed` where it is the playbook's and not theirs."""

    name: str
    assumed: bool = False

    @property
    def info(self) -> ZoneInfo:
        """For arithmetic."""
        return ZoneInfo(self.name)


def zone_of(contact: Contact, sending: Sending) -> Zone:
    """The contact's timezone: as stored, else that of the organisation's place, else the playbook's."""
    prospect = contact.prospect
    for name in (contact.timezone, timezone_of(prospect.city, prospect.state)):
        if name and _exists(name):
            return Zone(name)
    return Zone(sending.timezone, assumed=True)


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # KeyError: ZoneInfoNotFoundError
        return False
    return True


def opening(sending: Sending, zone: Zone, now: datetime) -> datetime | None:
    """The moment from which a message may arrive: `now` inside of a window, else when the next one opens.

    Times are aware; the answer is in the recipient's timezone. None where the playbook closes every day to come.
    """
    local = now.astimezone(zone.info)
    for ahead in range(_DAYS_AHEAD):
        day = local.date() + timedelta(days=ahead)
        if not sending.works_on(day):
            continue
        opens = datetime.combine(day, sending.opens, zone.info)
        closes = datetime.combine(day, sending.closes, zone.info)
        # Compared as instants: two times of one zone are compared by their clocks, which change twice a year.
        if now.timestamp() < closes.timestamp():
            return local if opens.timestamp() <= now.timestamp() else opens
    return None
