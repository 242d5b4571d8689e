"""Tenders as rows on both databases: each once, amended in place, and a person's word stands."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentAuditLog, AgentRun, BidAlert, ExternalId
from playbooks.feeds import load_bid_words
from tests.support.rows import make_prospect
from tools.bids import Matcher, read_feed, tenders_of
from tools.bids.listing import listed, note_rebids
from tools.bids.prospects import candidates_of
from tools.bids.review import BidNotFound, review
from tools.bids.store import Judges, TakenTenders, match_again, take_in

RUN = "r".ljust(32, "1")
HEADER = "Bid Number,Title,Agency,State,City,Posted,Due Date,Description\n"
LIGHTS = "RFP-0000041,Athletic Field Lighting,Kenyon College,OH,Gambier,2026-09-01,2026-10-01,\n"
WORDS = load_bid_words("sports-lighting")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, "agent") as found, acting_as(f"agent:{RUN}"):
        found.write_sync(_world)
        yield found


def _world(session: Session) -> None:
    session.add(AgentRun(id=RUN, run_type="prospect", agent_name="prospector", status="running"))
    make_prospect(session, name="Kenyon College", city="Gambier")
    make_prospect(session, name="Mason High School", city="Mason", venue_type="high_school_5a")


def judges(session: Session) -> Judges:
    others = (load_bid_words("qa-software"),)
    return Judges("sports-lighting", WORDS, Matcher(candidates_of(session, "sports-lighting"), WORDS.match), others)


def take(database: Database, path: Path, text: str | None = None) -> TakenTenders:
    if text is not None:
        path.write_text(text)
    feed = read_feed(path)
    return database.write_sync(lambda s: take_in(s, feed, tenders_of(feed.notices), judges(s), RUN))


def rows(database: Database, read: Callable[[BidAlert], Any]) -> list[Any]:
    return database.read_sync(lambda s: [read(row) for row in s.scalars(select(BidAlert).order_by(BidAlert.title))])


def test_a_feed_again_changes_nothing_and_an_amendment_one_row(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    assert take(database, file, HEADER + LIGHTS).counts == {"created": 1}
    before = rows(database, lambda r: (r.id, r.status, r.match_confidence, r.due_date, r.matched_prospect is not None))
    assert before[0][1:] == ("matched", 0.99, date(2026, 10, 1), True)
    assert take(database, file).counts == {"unchanged": 1}
    amended = LIGHTS.replace("2026-10-01", "2026-10-20").replace("2026-09-01", "2026-09-15")
    assert take(database, file, HEADER + amended).counts == {"amended": 1}
    after = rows(database, lambda r: (r.id, r.status, r.due_date, r.posted_date))
    assert after == [(before[0][0], "matched", date(2026, 10, 20), date(2026, 9, 1))]
    # The older notice, read once more, does not bring its date back.
    assert take(database, file, HEADER + LIGHTS).counts == {"unchanged": 1}
    assert rows(database, lambda r: r.due_date) == [date(2026, 10, 20)]


def test_ocds_releases_that_come_one_by_one_end_in_one_row(database: Database, tmp_path: Path) -> None:
    package = json.loads((Path(__file__).parent / "data" / "ocds_package.json").read_text())
    for place in (0, 1):  # the amendment first
        (tmp_path / "feed.json").write_text(json.dumps({"releases": [package["releases"][place]]}))
        take(database, tmp_path / "feed.json")
    assert rows(database, lambda r: (r.source, r.external_id, r.due_date, r.state)) == [
        ("ocds", "ocds-ex0001-77", date(2026, 10, 20), "OH")
    ]
    kept = database.read_sync(
        lambda s: s.scalar(select(func.count()).select_from(ExternalId).where(ExternalId.table_name == "bid_alerts"))
    )
    assert kept == 2


def test_status_and_what_waits_for_a_person(database: Database, tmp_path: Path) -> None:
    text = (
        HEADER
        + LIGHTS
        + "RFP-0000042,Football field lights,Mason City Schools,OH,Mason,2026-09-01,2026-10-01,\n"
        + "RFP-0000043,Street light repair,City of Mason,OH,Mason,2026-09-01,2026-10-01,\n"
        + "RFP-0000044,Software testing services,State of Ohio,OH,,2026-09-01,2026-10-01,\n"
    )
    take(database, tmp_path / "feed.csv", text)
    assert rows(database, lambda r: (r.title, r.status, r.match_confidence)) == [
        ("Athletic Field Lighting", "matched", 0.99),
        ("Football field lights", "new", 0.75),
        ("Software testing services", "new", None),  # another playbook's
        ("Street light repair", "not_relevant", None),
    ]
    notes = database.read_sync(
        lambda s: [
            (n.action, n.requires_review) for n in s.scalars(select(AgentAuditLog).order_by(AgentAuditLog.action))
        ]
    )
    assert notes == [("bid_match_doubtful", True), ("bid_matched", False)]
    shown = database.read_sync(lambda s: listed(s, "sports-lighting", WORDS, status=None, everything=False, limit=9))
    assert {row["title"] for row in shown} == {"Athletic Field Lighting", "Football field lights"}
    assert shown[0]["relevance"]["reasons"]


def test_a_persons_word_stands(database: Database, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    take(database, file, HEADER + LIGHTS)
    (alert_id,) = rows(database, lambda r: r.id)
    with Database(database_url, "user") as person, acting_as("user:test"):

        def decide(**told: Any) -> BidAlert:
            return person.write_sync(
                lambda s: review(s, alert_id[:6], by="user:test", playbook="sports-lighting", **told)
            )

        assert decide(match="Mason High School").match_confidence == 1.0
        with pytest.raises(BidNotFound, match="No prospect is called Oberlin"):
            decide(match="Oberlin")
        assert decide(relevant=False).matched_prospect_id is None
        assert decide(relevant=True).status == "reviewed"
        assert decide(no_match=True).reviewed_by == "user:test"
    later = LIGHTS.replace("2026-10-01", "2026-10-20").replace("2026-09-01", "2026-09-15")
    take(database, file, HEADER + later)
    assert rows(database, lambda r: (r.status, r.matched_prospect_id, r.due_date)) == [
        ("reviewed", None, date(2026, 10, 20))
    ]
    noted = database.read_sync(
        lambda s: s.scalars(select(AgentAuditLog).where(AgentAuditLog.action == "bid_amended")).one().requires_review
    )
    assert noted is True


def test_a_prospect_that_comes_later_is_matched_then(database: Database, tmp_path: Path) -> None:
    take(database, tmp_path / "feed.csv", HEADER + LIGHTS.replace("Kenyon", "Oberlin"))
    assert rows(database, lambda r: r.status) == ["new"]
    database.write_sync(lambda s: make_prospect(s, name="Oberlin College", city="Oberlin"))
    assert database.write_sync(lambda s: match_again(s, judges(s), RUN)).counts["amended"] == 1
    assert rows(database, lambda r: r.status) == ["matched"]
    assert database.write_sync(lambda s: match_again(s, judges(s), RUN)).counts["amended"] == 0


def test_a_rebid_in_a_later_feed_is_linked(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    take(database, file, HEADER + LIGHTS)
    again = "RFP-0000099,Athletic Field Lighting - Rebid,Kenyon College,OH,Gambier,2026-11-01,2026-12-01,\n"
    taken = take(database, file, HEADER + again)
    assert database.write_sync(lambda s: note_rebids(s, taken.touched, RUN)) == 1
    shown = database.read_sync(lambda s: listed(s, "sports-lighting", WORDS, status=None, everything=False, limit=9))
    links = {row["external_id"]: row["earlier"] and row["earlier"]["external_id"] for row in shown}
    assert links == {"RFP0000099@kenyon college": "RFP0000041@kenyon college", "RFP0000041@kenyon college": None}
