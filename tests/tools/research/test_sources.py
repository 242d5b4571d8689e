"""What is on file becomes documents that can be quoted, in a stable order."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import ExternalId
from tests.support.rows import make_prospect
from tools.context import Source
from tools.research.sources import LONGEST, MOST, load_sources, record_text


def test_a_record_as_text() -> None:
    record = {"School": "Harbor\n State ", "Year": 1969, "Empty": " ", "None": None}
    assert record_text(record) == "School: Harbor State\nYear: 1969"
    assert record_text(record, one_line=True) == "School: Harbor State; Year: 1969"


def loaded(url: str, *rows: tuple[str, str, Any]) -> tuple[Source, ...]:
    """Rows are (source, external id, payload); another school has one of its own."""

    def fill(session: Session) -> str:
        prospect, other = make_prospect(session), make_prospect(session)
        for owner, wanted in ((prospect, rows), (other, [("A", "other", {"School": "Other"})])):
            for number, (source, key, payload) in enumerate(wanted):
                table, record = [("accounts", owner.account_id), ("prospects", owner.id)][number % 2]
                session.add(
                    ExternalId(
                        table_name=table,
                        record_id=record,
                        source=source,
                        external_id=key,
                        payload=payload,
                        observed_on=date(2026, 3, 4),
                        source_url="https://register.example",
                    )
                )
        return prospect.account_id

    with Database(url) as db, acting_as("user:kim"):
        account = db.write_sync(fill)
        return db.read_sync(lambda s: load_sources(s, account))


def test_one_document_for_each_source_numbered_in_order(database_url: str) -> None:
    found = loaded(
        database_url,
        ("B", "1", {"School": "Harbor"}),
        ("A", "opening:2", {"Title": "QA Lead", "URL": "x"}),
        ("C", "3", {"Title": "SDET"}),
        ("C", "4", {"Title": "Tester"}),
        ("D", "5", None),
    )
    # PostgreSQL keeps a record's columns in an order of its own.
    assert [(s.number, s.title, set(s.text.split("; "))) for s in found] == [
        (1, "A", {"Title: QA Lead", "URL: x"}),
        (2, "B", {"School: Harbor"}),
        (3, "C", {"Title: SDET\nTitle: Tester"}),
    ]
    # Only a document that is one record can point at that record.
    assert [bool(s.external_id_ref) for s in found] == [True, True, False]
    assert {(s.observed_on, s.url) for s in found} == {("2026-03-04", "https://register.example")}


def test_bounds(database_url: str) -> None:
    found = loaded(database_url, *((f"S{n:02}", str(n), {"A": "x" * 2 * LONGEST}) for n in range(MOST + 3)))
    assert len(found) == MOST
    assert {len(s.text) for s in found} == {LONGEST}


def test_nothing_on_file(sqlite_url: str) -> None:
    assert loaded(sqlite_url) == ()
