"""Signals as rows on both databases: each once, not after their day, and marked when a draft cites them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import (
    AgentRun,
    BidAlert,
    ExternalId,
    MessageVersion,
    Prospect,
    ResearchFact,
    ResearchSnapshot,
    Signal,
)
from playbooks.feeds import load_signal_words
from tests.support.decisions import signals_by_rules
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.drafting.drafts import store_version
from tools.signals import FoundSignal
from tools.signals.items import settle
from tools.signals.on_record import gather_on_record
from tools.signals.store import Accounts, listed, mark_cited, write

RUN = "r".ljust(32, "1")
TODAY = date(2026, 9, 10)
WORDS = load_signal_words("qa-software")
NEWS = "https://news.example/1"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, "agent") as found, acting_as(f"agent:{RUN}"):
        found.write_sync(_world)
        yield found


def _world(session: Session) -> None:
    session.add(AgentRun(id=RUN, run_type="signal_scan", agent_name="prospector", status="running"))
    acme = make_prospect(session, name="Acme Robotics", playbook="qa-software", venue_type="company")
    acme.account.domain = "acme.example"
    for _twin in range(2):
        make_prospect(session, name="Globex", playbook="qa-software", venue_type="company")


def found(text: str = "Acme Robotics raised $20 million.", **more: Any) -> FoundSignal:
    given: dict[str, Any] = {
        "seen_on": date(2026, 9, 1),
        "source_url": NEWS,
        "organisation": "Acme Robotics, Inc.",
        **more,
    }
    return FoundSignal(
        type=given.pop("type", "funding"), description=text, evidence=text, reasons=("it says so",), sure=0.9, **given
    )


def put(database: Database, *many: FoundSignal) -> dict[str, int]:
    return database.write_sync(
        lambda s: dict(
            write(s, [(None, one) for one in many], WORDS, Accounts(s, "qa-software"), today=TODAY, run_id=RUN).counts
        )
    )


def test_each_once_and_none_after_its_day(database: Database) -> None:
    assert put(database, found()) == {"created": 1}
    assert put(database, found()) == {"unchanged": 1}
    other_paper = found(
        "Robot maker Acme lands $20 million.", source_url="https://other.example", seen_on=date(2026, 9, 4)
    )
    assert put(database, other_paper) == {"unchanged": 1}
    assert put(database, found("Acme raised $3 million.", source_url="https://b.example")) == {"created": 1}
    assert put(database, found(seen_on=date(2025, 1, 1), source_url="https://c.example")) == {"expired": 1}
    assert put(database, found(organisation="Globex"), found(organisation="Hooli")) == {"unknown": 2}
    assert put(database, found(organisation=None, domain="acme.example")) == {"unchanged": 1}
    rows = database.read_sync(lambda s: listed(s, "qa-software", today=TODAY, kind=None, everything=False, limit=9))
    assert [row["expires_at"] for row in rows] == [date(2027, 2, 28)] * 2
    assert (
        database.read_sync(
            lambda s: listed(s, "qa-software", today=date(2028, 1, 1), kind=None, everything=False, limit=9)
        )
        == []
    )


def test_two_openings_of_one_title_are_two_by_their_links(database: Database) -> None:
    one, two = (found("QA Lead", type="qa_job_posting", source_url=f"https://a.example/{n}") for n in (1, 2))
    assert put(database, one, two, one) == {"created": 2, "unchanged": 1}


def test_a_draft_that_cites_it_marks_it(database: Database) -> None:
    put(database, found(), found("Acme Robotics launched an app.", type="product_launch", source_url=None))

    def draft(session: Session) -> str:
        acme = session.scalars(select(Prospect).where(Prospect.name == "Acme Robotics")).one()
        made = make_draft(session, make_contact(session, acme))
        snapshot = ResearchSnapshot(account_id=acme.account_id, entity_type="company")
        session.add(snapshot)
        session.flush()
        fact = ResearchFact(
            snapshot_id=snapshot.id,
            account_id=acme.account_id,
            field="company_news",
            sentence="Acme raised $20 million.",
            quote="Acme Robotics raised $20 million.",
            source_url=NEWS,
            confidence=4,
            fact_key="f" * 64,
        )
        session.add(fact)
        session.flush()
        session.add(
            MessageVersion(
                draft_id=made.id,
                version=1,
                body="You raised money.",
                author=f"agent:{RUN}",
                reason="draft",
                claims=[{"sentence": "You raised money.", "fact_id": fact.id}],
            )
        )
        return made.id

    draft_id = database.write_sync(draft)
    assert [row.signal_type for row in database.write_sync(lambda s: mark_cited(s, draft_id))] == ["funding"]
    assert database.write_sync(lambda s: mark_cited(s, draft_id)) == []
    left = database.read_sync(lambda s: listed(s, "qa-software", today=TODAY, kind=None, everything=False, limit=9))
    assert [row["type"] for row in left] == ["product_launch"]


def test_writing_a_version_that_cites_it_marks_it(database: Database) -> None:
    put(database, found(), found("Acme Robotics launched an app.", type="product_launch", source_url=None))

    def write_version(session: Session) -> None:
        acme = session.scalars(select(Prospect).where(Prospect.name == "Acme Robotics")).one()
        made = make_draft(session, make_contact(session, acme))
        snapshot = ResearchSnapshot(account_id=acme.account_id, entity_type="company")
        session.add(snapshot)
        session.flush()
        given = {"snapshot_id": snapshot.id, "account_id": acme.account_id, "field": "company_news", "confidence": 4}
        quote = "Acme Robotics raised $20 million."
        fact = ResearchFact(**given, sentence=quote, quote=quote, source_url=NEWS, fact_key="f" * 64)
        session.add(fact)
        session.flush()
        claims = [{"sentence": "You raised money.", "fact_id": fact.id}]
        told = {"subject": "Hello", "author": f"agent:{RUN}", "reason": "draft", "note": None}
        store_version(session, draft=made, version=made.version + 1, body="You raised money.", claims=claims, **told)

    database.write_sync(write_version)
    acted = database.read_sync(lambda s: {row.signal_type: row.acted_on for row in s.scalars(select(Signal))})
    assert acted == {"funding": True, "product_launch": False}


def test_what_is_stored_is_scanned(database: Database) -> None:
    def keep(session: Session) -> None:
        acme = session.scalars(select(Prospect).where(Prospect.name == "Acme Robotics")).one()
        acme.account.last_funding_date = date(2026, 6, 1)
        snapshot = ResearchSnapshot(account_id=acme.account_id, entity_type="company")
        session.add(snapshot)
        session.flush()
        session.add_all(
            [
                ExternalId(
                    table_name="accounts",
                    record_id=acme.account_id,
                    source="jobs",
                    external_id=f"opening:{n}",
                    payload={
                        "Company": "Acme Robotics",
                        "Title": title,
                        "Posted": "2026-08-20",
                        "Link": f"https://a.example/{n}",
                    },
                )
                for n, title in enumerate(("SDET", "Hardware Test Engineer"))
            ]
            + [
                ResearchFact(
                    snapshot_id=snapshot.id,
                    account_id=acme.account_id,
                    field="company_news",
                    sentence="Acme named a CTO.",
                    quote="Acme Robotics named Lee Park CTO.",
                    source_url=NEWS,
                    observed_on=date(2026, 8, 1),
                    confidence=4,
                    fact_key="f" * 64,
                ),
                BidAlert(
                    source="manual",
                    external_id="1",
                    title="Test automation tools",
                    organization_name="Acme Robotics",
                    status="matched",
                    matched_prospect_id=acme.id,
                    match_confidence=1.0,
                    posted_date=date(2026, 9, 1),
                    reviewed_at=datetime(2026, 9, 2, tzinfo=UTC),
                ),
            ]
        )

    database.write_sync(keep)
    gathered = database.read_sync(lambda s: gather_on_record(s, "qa-software", WORDS))
    settled = settle(gathered.items, signals_by_rules("qa-software", gathered.items), WORDS)
    pairs = [*gathered.certain, *settled.found]
    assert sorted(one.type for _account, one in pairs) == [
        "buyer_intent",
        "funding",
        "leadership_change",
        "qa_job_posting",
    ]
    assert [note.evidence for note in settled.notes] == ["Hardware Test Engineer"]
    counts = database.write_sync(
        lambda s: write(s, pairs, WORDS, Accounts(s, "qa-software"), today=TODAY, run_id=RUN).counts
    )
    assert counts == {"created": 4}
    assert database.read_sync(lambda s: {row.acted_on for row in s.scalars(select(Signal))}) == {False}
