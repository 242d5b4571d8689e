"""When mail may arrive, and how much a mailbox may send."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Contact, Delivery, Prospect
from playbooks import Sending
from tests.support.mail import SENDER, Case, make_ready, outgoing_case
from tools.outbox import claim, find, mark_sent
from tools.outbox.limits import Allowance, allowance
from tools.outbox.window import Zone, opening, zone_of

HOURS = Sending(opens=time(8), closes=time(17), closed=["12-25", "2026-11-27"])
NEW_YORK, CHICAGO = Zone("America/New_York"), Zone("America/Chicago")


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("now", "zone", "opens"),
    [
        ("2026-11-23T15:00", NEW_YORK, "2026-11-23T15:00"),  # Monday, 10 in the morning
        ("2026-11-23T13:30", NEW_YORK, "2026-11-23T13:30"),
        ("2026-11-23T13:30", CHICAGO, "2026-11-23T14:00"),  # still 7:30 there
        ("2026-11-23T22:00", NEW_YORK, "2026-11-24T13:00"),  # 17:00 is over
        ("2026-11-21T15:00", NEW_YORK, "2026-11-23T13:00"),  # Saturday
        ("2026-11-26T23:00", NEW_YORK, "2026-11-30T13:00"),  # a closed Friday, then the weekend
        ("2026-12-24T23:00", NEW_YORK, "2026-12-28T13:00"),
        ("2026-10-30T22:00", NEW_YORK, "2026-11-02T13:00"),  # the clocks go back on 1 November: 8:00 is 13:00 UTC
        ("2026-10-30T11:00", NEW_YORK, "2026-10-30T12:00"),
    ],
)
def test_when_a_window_opens(now: str, zone: Zone, opens: str) -> None:
    found = opening(HOURS, zone, at(now))
    assert found is not None
    assert found.astimezone(UTC) == at(opens)


def test_a_playbook_that_is_always_closed_never_opens() -> None:
    everything = [f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]
    rest = [f"{month:02}-{day}" for month in range(1, 13) for day in (29, 30, 31) if (month, day) not in NO_DAYS]
    assert opening(Sending(closed=everything + rest), NEW_YORK, at("2026-11-23T15:00")) is None


NO_DAYS = {(2, 30), (2, 31), (4, 31), (6, 31), (9, 31), (11, 31)}


def test_the_recipients_timezone_and_what_stands_in_for_it() -> None:
    where = Prospect(name="x", city="Evansville", state="IN")
    assert zone_of(Contact(first_name="A", timezone="America/Denver", prospect=where), HOURS) == Zone("America/Denver")
    assert zone_of(Contact(first_name="A", prospect=where), HOURS) == CHICAGO  # most of Indiana is not on that time
    assert zone_of(Contact(first_name="A", timezone="Eastern", prospect=where), HOURS) == CHICAGO
    nowhere = Prospect(name="x", state="OTHER")
    assert zone_of(Contact(first_name="A", prospect=nowhere), HOURS) == Zone("America/New_York", assumed=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": time(17), "closes": time(8)},
        {"timezone": "Mars/Olympus"},
        {"closed": ["25-12"]},
        {"closed": ["2026-02-30"]},
        {"closed": ["Christmas"]},
        {"days": []},
        {"warm_up": (0, 5)},
        {"per_day": 0},
    ],
)
def test_hours_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sending(**wrong)


NOW = datetime.now(UTC)


def sent_at(session: Session, *ago: timedelta) -> None:
    """So many messages that left so long ago."""
    for draft_id, before in zip(make_ready(session, len(ago)), ago, strict=True):
        draft = find(session, draft_id)
        claim(session, draft, SENDER)
        mark_sent(session, draft_id, NOW - before, "user:dana", SENDER)


def allowed(session: Session, **given: Any) -> Allowance:
    return allowance(session, ["sports-lighting"], Sending(**{"per_hour": 3, "per_day": 100, **given}), NOW)


def test_limits_by_the_hour_by_the_day_and_while_new(database_url: str) -> None:
    minutes = [timedelta(minutes=m) for m in (10, 20, 70)]
    with outgoing_case(database_url) as case:
        assert case.database.read_sync(lambda s: allowed(s, warm_up=(10, 5))) == Allowance(3, 10)
        case.as_user(lambda s: sent_at(s, *minutes))
        assert case.database.read_sync(lambda s: allowed(s, warm_up=(10, 5))) == Allowance(1, 10)
        hour = case.database.read_sync(lambda s: allowed(s, per_hour=2, warm_up=(10, 5)))
        assert (hour.left, hour.reason, hour.until) == (0, "2 an hour", NOW + timedelta(minutes=40))
        day = case.database.read_sync(lambda s: allowed(s, warm_up=(3, 1)))
        assert (day.left, day.until) == (0, NOW - timedelta(minutes=70) + timedelta(days=1))
        assert day.reason == "3 a day while the mailbox is new"
        # Three days later the limit has grown by three.
        older(case, timedelta(days=3))
        assert case.database.read_sync(lambda s: allowed(s, warm_up=(3, 1))).day_limit == 6
        assert case.database.read_sync(lambda s: allowed(s, warm_up=(3, 1), per_day=4)).day_limit == 4


def older(case: Case, by: timedelta) -> None:
    def shift(session: Session) -> None:
        for delivery in session.scalars(select(Delivery)):
            delivery.sent_at = delivery.sent_at - by if delivery.sent_at else None

    case.as_user(shift)


def test_a_message_claimed_counts_before_it_has_left(database_url: str) -> None:
    with outgoing_case(database_url) as case:
        case.as_user(lambda s: claim(s, find(s, case.draft_id), SENDER) and None)
        assert case.database.read_sync(lambda s: allowed(s, per_day=1, warm_up=(1, 1))).left == 0
        assert case.database.read_sync(lambda s: allowance(s, ["qa-software"], Sending(), NOW)).left == 10
