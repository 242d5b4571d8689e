"""A batch for spreadsheets and for HubSpot."""

import csv
import io

import pytest
from sqlalchemy.orm import Session

from outreach.pages.batch_data import BatchData
from outreach.pages.batch_tables import (
    HUBSPOT_COLUMNS,
    MESSAGE_COLUMNS,
    as_csv,
    dialled,
    hubspot_rows,
    message_rows,
)
from tests.outreach.pages.conftest import Reading
from tests.support.batches import BODY, draft_in, fill_batch, fill_hostile, join, make_batch
from tests.support.rows import make_contact, make_prospect
from tools.csv_cells import as_it_was
from tools.normalise import phone


def messages(data: BatchData) -> list[dict[str, str]]:
    read = csv.DictReader(io.StringIO(as_csv(MESSAGE_COLUMNS, message_rows(data)).decode(), newline=""))
    return [dict(row) for row in read]


def people(data: BatchData) -> list[dict[str, str]]:
    read = csv.DictReader(io.StringIO(as_csv(HUBSPOT_COLUMNS, hubspot_rows(data)).decode(), newline=""))
    return [dict(row) for row in read]


def test_one_row_a_message_and_only_approved_text_where_a_mail_merge_looks(reading: Reading) -> None:
    ids, rows = reading(fill_batch, "3", messages)
    assert [(row["person"], row["position"], row["group"], row["state"]) for row in rows] == [
        ("Dana Reyes", "1", "A", "approved"),
        ("Wanda Waits", "2", "B", "waiting"),
        ("Sil Ent", "3", "A", ""),
        ("Noa Barred", "4", "B", "do_not_contact"),
    ]
    ready, waiting, silent, barred = rows
    assert (ready["draft_id"], ready["subject"], ready["body"]) == (ids["ready"], "Field lighting", BODY)
    assert (ready["draft_subject"], ready["draft_body"]) == ("", "")
    assert (waiting["subject"], waiting["body"]) == ("", "")
    assert (waiting["draft_subject"], waiting["draft_body"]) == ("Field lighting", BODY)
    assert (ready["organisation"], ready["tier"], ready["score"], ready["channel"]) == (
        "Elm College",
        "A1",
        "81",
        "email",
    )
    assert (ready["phone"], ready["timezone"]) == ("1 (513) 555-0101 ext. 12", "America/New_York")
    assert silent["body"] == silent["draft_id"] == ""
    assert {name: value for name, value in barred.items() if value} == {
        "batch": "3", "position": "4", "group": "B", "person": "Noa Barred", "state": "do_not_contact",
        "note": "asked us to stop",
    }  # fmt: skip


def test_no_cell_is_a_formula_and_each_can_be_taken_back(reading: Reading) -> None:
    def fill(session: Session) -> None:
        batch = make_batch(session)
        contact = make_contact(
            session,
            make_prospect(session, name="=HYPERLINK(A1)"),
            first_name="+Dana",
            last_name="",
            title="@boss",
            phone="-1 call me",
        )
        join(session, batch, contact, 1)
        draft_in(session, batch, contact, approved=True, subject_line="－1", body='- first\r\n- second, "quoted"')

    def both(data: BatchData) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        return messages(data), people(data)

    _, ((row,), (person,)) = reading(fill, "3", both)
    for name, value in (
        ("person", "+Dana"), ("organisation", "=HYPERLINK(A1)"), ("title", "@boss"), ("phone", "-1 call me"),
        ("subject", "－1"), ("body", "- first\r\n- second, \"quoted\""),
    ):  # fmt: skip
        assert row[name] == f"'{value}"
        assert as_it_was(row[name]) == value
    assert (person["First Name"], person["Company Name"]) == ("'+Dana", "'=HYPERLINK(A1)")


def test_the_state_of_a_company_is_that_of_its_seat(reading: Reading) -> None:
    def fill(session: Session) -> None:
        batch = make_batch(session)
        prospect = make_prospect(session, state="OTHER", city="San Jose")
        prospect.account.hq_location = "San Jose, CA, USA"
        join(session, batch, make_contact(session, prospect), 1)
        join(session, batch, make_contact(session, make_prospect(session, state="OTHER")), 2)

    _, (first, second) = reading(fill, "3", people)
    assert (first["State/Region"], second["State/Region"]) == ("CA", "")
    _, (row, _) = reading(lambda _session: None, "3", messages)
    assert row["us_state"] == "CA"


def test_hostile_rows_are_text(reading: Reading) -> None:
    _, (row,) = reading(fill_hostile, "4", messages)
    for value in row.values():
        assert not value.lstrip().startswith(("=", "+", "-", "@"))


def test_people_as_hubspot_names_them(reading: Reading) -> None:
    ids, rows = reading(fill_batch, "3", people)
    assert [row["Last Name"] for row in rows] == ["Reyes", "Waits", "Ent"], "who must not be contacted is left out"
    first = rows[0]
    assert first["Outreach Contact ID"] == ids["ready_contact"]
    assert {name: first[name] for name in HUBSPOT_COLUMNS[:13] if name != "Email"} == {
        "First Name": "Dana", "Last Name": "Reyes", "Phone Number": "1 (513) 555-0101 ext. 12",
        "Job Title": "Athletic Director", "Company Name": "Elm College", "Website URL": "",
        "LinkedIn URL": "https://www.linkedin.com/in/dana-example", "City": "Akron", "State/Region": "OH",
        "Time Zone": "America/New_York", "Lifecycle Stage": "Lead", "Lead Status": "New",
    }  # fmt: skip
    assert first["Contact owner"] == "", "the sender that is shipped is nobody's account"
    assert (first["Outreach Tier"], first["Outreach Message State"]) == ("A1", "approved")


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("+15135550101", "1 (513) 555-0101"),
        ("+442079460958", "011 44 20 7946 0958"),
        ("+49301234567;ext=9", "011 49 30 1234567 ext. 9"),
        ("call me", "call me"),
        ("+1", "+1"),
        (None, ""),
    ],
)
def test_a_phone_number_begins_with_no_plus_and_reads_back(stored: str | None, written: str) -> None:
    assert dialled(stored) == written
    if stored and written[0].isdigit():
        assert phone(written) == stored


def test_a_mark_for_excel_and_what_has_no_utf8() -> None:
    assert as_csv(("ä",), [["\ud800"]], excel=True) == b'\xef\xbb\xbf"\xc3\xa4"\r\n"?"\r\n'
    assert as_csv(("a",), []) == b'"a"\r\n'
