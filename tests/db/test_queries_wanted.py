"""Filters on who is written to, on both databases."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import ExternalId, ImportMapping, Signal
from db.queries.due import first_touches_due
from db.queries.wanted import Wanted, known_values
from tests.support.rows import make_contact, make_prospect

TODAY = date(2026, 3, 10)
PERSONAS = ["Athletic Director", "CFO"]


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    with Database(database_url, "user") as database, acting_as("user:test"):
        database.write_sync(_fill)
        yield database


def _fill(session: Session) -> None:
    def place(name: str, account: dict[str, Any] | None = None, **values: Any) -> Any:
        prospect = make_prospect(session, name=name, tier=values.pop("tier", "A1"), status="scored", **values)
        for key, value in (account or {}).items():
            setattr(prospect.account, key, value)
        make_contact(session, prospect, persona_type="Athletic Director")
        return prospect

    alder = place("Alder", city="Columbus", conference="Big Ten", enrollment=900, seating_capacity=5000)
    make_contact(session, alder, persona_type="CFO")
    birch = place("Birch", tier="A2", state="PA", venue_type="college_d2", current_lighting_age_years=16)
    cedar = place(
        "Cedar",
        account={
            "industry": "Fintech",
            "sub_industry": "Banking",
            "employee_count": 60,
            "hq_location": "Reno, NV, USA",
        },
        state="OTHER",
        venue_type="company",
    )
    session.add_all(
        [
            Signal(account=birch.account, signal_type="funding", expires_at=date(2026, 3, 10)),
            Signal(account=cedar.account, signal_type="funding", expires_at=date(2026, 3, 9)),
            ExternalId(
                table_name="accounts",
                record_id=cedar.account_id,
                source="Directory",
                external_id="1",
                payload={"Opened": 1979},
            ),
            ExternalId(
                table_name="accounts",
                record_id=birch.account_id,
                source="List",
                external_id="2",
                payload={"Opened": "1999-05", "Name": "1950"},
            ),
            ImportMapping(
                layout_hash="x",
                playbook="sports-lighting",
                entity="organisation",
                headers=["Opened"],
                mapping={"columns": {"year_built": "Opened"}},
                decided_by="user:test",
                confidence=1.0,
            ),
        ]
    )


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, "Alder Birch Cedar"),
        ({"organisations": ["aLDER", "Cedar"]}, "Alder Cedar"),
        ({"states": ["PA"]}, "Birch"),
        ({"states": ["OH", "NV"]}, "Alder Cedar"),
        ({"states": ["TX"]}, ""),
        ({"cities": ["columbus"]}, "Alder"),
        ({"venues": ["college_d2", "company"]}, "Birch Cedar"),
        ({"conferences": ["big ten"]}, "Alder"),
        ({"industries": ["banking"]}, "Cedar"),
        ({"industries": ["fintech"]}, "Cedar"),
        ({"tiers": ["A2"]}, "Birch"),
        ({"personas": ["CFO"]}, "Alder"),
        ({"signals": ["funding"]}, "Birch"),
        ({"sources": ["directory"]}, "Cedar"),
        ({"least_seats": 5000}, "Alder"),
        ({"least_seats": 5001}, ""),
        ({"most_seats": 5000}, "Alder"),
        ({"most_students": 899}, ""),
        ({"least_students": 900, "most_students": 900}, "Alder"),
        ({"least_employees": 60}, "Cedar"),
        ({"most_employees": 59}, ""),
        ({"lights_at_least_years": 16}, "Birch"),
        ({"lights_at_least_years": 17}, ""),
        ({"built_before": 1980}, "Cedar"),
        ({"built_before": 1979}, ""),
        ({"built_after": 1978}, "Birch Cedar"),
        ({"built_after": 1979, "built_before": 1999}, ""),
        ({"states": ["OH"], "venues": ["college_d2"]}, ""),
    ],
)
def test_each_filter(filled: Database, wanted: dict[str, Any], names: str) -> None:
    def asked(session: Session) -> list[str]:
        from db.models import Contact, Prospect

        due = first_touches_due(
            session,
            "sports-lighting",
            ["A1", "A2"],
            PERSONAS,
            limit=9,
            wanted=Wanted.model_validate(wanted),
            today=TODAY,
        )
        if wanted.get("personas"):
            assert {session.get_one(Contact, d.contact_id).persona_type for d in due} == set(wanted["personas"])
        return sorted(session.get_one(Prospect, d.prospect_id).name for d in due)

    assert " ".join(filled.read_sync(asked)) == names


def test_what_the_records_call_things(filled: Database) -> None:
    goal = "Alder in Columbus, the Big Tenants, from the directory; 100% of alders_"
    known = filled.read_sync(lambda s: known_values(s, "sports-lighting", goal))
    assert known == {
        "organisations": ["Alder"],
        "cities": ["Columbus"],
        "conferences": [],
        "industries": ["Fintech"],
        "sources": ["Directory"],
    }
    assert filled.read_sync(lambda s: known_values(s, "qa-software", goal))["organisations"] == []
