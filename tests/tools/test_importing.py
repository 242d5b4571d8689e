"""Rows into tables, on both databases. The files and people are invented."""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from db.access import Database
from db.actors import acting_as
from db.models import (
    Account,
    AgentAuditLog,
    AgentRun,
    Contact,
    ExternalId,
    HygieneFlag,
    Prospect,
    Signal,
    Suppression,
)
from db.stamps import utc_now
from playbooks import load_playbook
from tools.csv_cells import harmless
from tools.importing import Cleaner, FileInfo, ImportJob, Outcome, RejectFile, import_rows, kind_of
from tools.importing.job import Reject
from tools.importing.mapping import Mapped
from tools.importing.venues import classification, plays_football, spelled_out, venue_type
from tools.reading import Row, read_table

RUN = "a" * 32
SCHOOLS = {
    "organisation_name": "Institution", "website": "Website", "division": "Division", "city": "City",
    "state": "State", "enrollment": "Students",
}  # fmt: skip
STADIUMS = {
    "stadium_name": "Stadium",
    "seating_capacity": "Capacity",
    "conference": "Conference",
    "year_built": "Built",
}
PEOPLE = {
    "first_name": "First", "last_name": "Last", "job_title": "Title", "email": "Email", "linkedin_url": "LinkedIn",
    "organisation_name": "Company",
}  # fmt: skip
OPENINGS = {
    "domain": "Domain", "opening_title": "Title", "opening_location": "Location", "opening_posted": "Posted",
    "opening_url": "Link",
}  # fmt: skip

COLLEGES = """UNITID,Institution,Website,Division,City,State,Students
101,Oakmont College,www.oakmont.example,NCAA Division III (with football),Akron,OH,1205
102,Elm University-Main Campus,https://elm.example/,NCAA Division I-FBS,Erie,PA,"12,000"
103,Elm University-East,https://elm.example/,NAIA Division II,Meadville,PA,900
104,Farstate College,farstate.example,NCAA Division II (without football),Reno,Nevada,3000
105,Juco College,juco.example,NJCAA Division I,Akron,OH,500
106,,nobody.example,NAIA,Akron,OH,500
101,Oakmont Again,www.again.example,NAIA,Akron,OH,5
"""
FIELDS = """UNITID,Stadium,Capacity,Conference,Built
101,Quarry Field,0,Lakes,1931
102,Elm Bowl,30000,,
999,Nowhere Park,10,,
"""
CONTACTS = """First,Last,Title,Email,LinkedIn,Company,UNITID
Kim,Lee,Athletic Director,Kim.Lee@Oakmont.example,linkedin.com/in/kim-lee-invented,Oakmont College,101
Sam,Roe,CFO,sam@elm.example,,Elm University-Main Campus,102
Jo,Stone,AD,jo@gone.example,,Elm University-East,103
Al,Nowhere,AD,al@x.example,,Unknown College,999
,,AD,noname@x.example,,Oakmont College,101
"""


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with Database(database_url) as database, acting_as(f"agent:{RUN}"):
        database.write_sync(lambda s: s.add(AgentRun(id=RUN, run_type="prospect", agent_name="prospector")))
        yield database


def take(
    db: Database,
    folder: Path,
    content: str,
    what: Any,
    columns: dict[str, str],
    *,
    playbook: str = "sports-lighting",
    entity: str | None = None,
    id_column: str | None = "UNITID",
    source: str | None = None,
    observed: str | None = "2026-08-22",
) -> Outcome:
    path = folder / f"{what}.csv"
    path.write_text(content, encoding="utf-8")
    entities = {"organisations": "organisation", "facts": "organisation", "contacts": "contact", "openings": "signal"}
    mapped = Mapped(entity or entities[what], columns, id_column, 0.9)
    info = FileInfo.of(
        {"path": path, "what": what, "source": source or f"the {what} file", "observed_on": observed,
         "source_url": "https://source.example/"}
    )  # fmt: skip
    job = ImportJob(load_playbook(playbook), RUN, info, mapped, kind_of(info.what, mapped))
    return asyncio.run(import_rows(db, job, read_table(path)))


def dump(db: Database) -> dict[str, list[Any]]:
    tables = ("accounts", "prospects", "contacts", "external_ids", "signals", "agent_audit_log", "hygiene_flags")
    return db.read_sync(
        lambda s: {t: [tuple(r) for r in s.execute(text(f"SELECT * FROM {t} ORDER BY id"))] for t in tables}
    )


def prospect(db: Database, name: str) -> Prospect:
    return db.read_sync(lambda s: s.scalars(select(Prospect).where(Prospect.name == name)).one())


def test_organisations_become_accounts_and_prospects(db: Database, tmp_path: Path) -> None:
    outcome = take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    assert outcome.created == {"accounts": 4, "prospects": 4, "external_ids": 4}
    oakmont, far = prospect(db, "Oakmont College"), prospect(db, "Farstate College")
    assert (oakmont.venue_type, oakmont.state, oakmont.classification) == ("college_d3", "OH", "NCAA Division III")
    assert (oakmont.enrollment, oakmont.primary_sport, oakmont.status) == (1205, "football", "identified")
    assert (oakmont.source, oakmont.source_url) == ("directory_import", "https://source.example/")
    assert str(oakmont.source_date) == "2026-08-22"
    assert (far.venue_type, far.state, far.primary_sport) == ("college_d2", "OTHER", None)
    account = db.read_sync(lambda s: s.get_one(Account, far.account_id))
    assert (account.hq_location, account.domain) == ("Reno, Nevada", "farstate.example")
    record = db.read_sync(lambda s: s.scalars(select(ExternalId).where(ExternalId.external_id == "101")).one())
    assert (record.table_name, record.record_id) == ("accounts", oakmont.account_id)
    assert str(record.observed_on) == "2026-08-22"
    assert record.payload is not None
    assert record.payload["Division"] == "NCAA Division III (with football)"
    journal = db.read_sync(lambda s: s.scalars(select(AgentAuditLog.action)).all())
    assert journal.count("prospect_created") == 4


@pytest.mark.parametrize(
    ("said", "count", "band"),
    [
        ("51-200 employees", None, "51-200"),
        ("1,001-5,000 Employees", None, "1001-5000"),
        ("11 to 50", None, "1-50"),
        ("5000+", None, "5000+"),
        ("5,200", 5200, None),
        ("lots", None, None),
    ],
)
def test_a_headcount_is_a_number_or_one_of_the_bands(said: str, count: int | None, band: str | None) -> None:
    mapped = Mapped("organisation", {"organisation_name": "Name", "employees": "Size"}, None, 0.9)
    info = FileInfo(Path("companies.csv"), "a list", "organisations")
    cleaner = Cleaner(ImportJob(load_playbook("qa-software"), RUN, info, mapped, "organisations"))
    found = cleaner.clean(Row(2, {"Name": "Acme", "Size": said}))
    assert (found.account.get("employee_count", (None,))[0], found.band) == (count, band)


def test_rows_that_cannot_be_taken_are_counted_and_written_out(db: Database, tmp_path: Path) -> None:
    outcome = take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    assert outcome.as_json()["rejected"] == {
        "the division is none that is sold to": 1,
        "the row names no organisation": 1,
        "an earlier row has the same id": 1,
    }
    out = tmp_path / "rejects.csv"
    with RejectFile(out, read_table(tmp_path / "organisations.csv")) as file:
        file.add(outcome.rejects)
    rejects = read_table(out)
    assert [(r.cells["row"], r.cells["UNITID"]) for r in rejects.rows()] == [("6", "105"), ("7", "106"), ("8", "101")]


def test_a_file_of_refused_rows_holds_no_formula_and_reads_back_as_it_came(tmp_path: Path) -> None:
    """Twice over: what is refused of it once more is read back too."""
    path, columns = tmp_path / "given.csv", ["Name", '=HYPERLINK("https://evil.example")', "Phone", "Note"]
    given = [["@SUM(1+1)", "=cmd|'/C calc'!A0", "+1 555 0100", "\uff1d1"], ["Al", "'=1", "-1", "a\n=1"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *given])
    for name in ("once.csv", "twice.csv"):
        table = read_table(path)
        path = tmp_path / name
        with RejectFile(path, table) as rejects:
            rejects.add([Reject(row, "=1+1 is no reason") for row in table.rows()])
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert [cell for cell in cells if not cell.startswith("'") and harmless(cell) != cell] == []
        again = read_table(path)
        assert list(again.columns[-len(columns) :]) == columns
        assert [[row.cells[column] for column in columns] for row in again.rows()] == given
        assert {row.cells["reason"] for row in again.rows()} == {"=1+1 is no reason"}


def test_facts_add_to_the_venue_and_a_blank_never_overwrites(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    outcome = take(db, tmp_path, FIELDS, "facts", STADIUMS)
    assert outcome.as_json()["rejected"] == {"the organisation is not known; import it first": 1}
    oakmont = prospect(db, "Oakmont College")
    assert (oakmont.stadium_name, oakmont.seating_capacity, oakmont.conference) == ("Quarry Field", None, "Lakes")
    later = FIELDS.replace("101,Quarry Field,0,Lakes,1931", "101,,4000,,1931")
    take(db, tmp_path, later, "facts", STADIUMS)
    oakmont = prospect(db, "Oakmont College")
    assert (oakmont.stadium_name, oakmont.seating_capacity, oakmont.conference) == ("Quarry Field", 4000, "Lakes")
    sources = db.read_sync(
        lambda s: s.scalars(select(ExternalId.source).where(ExternalId.record_id == oakmont.account_id)).all()
    )
    assert sorted(sources) == ["the facts file", "the organisations file"]


def test_the_same_files_again_change_no_row(db: Database, tmp_path: Path) -> None:
    def everything() -> list[Outcome]:
        return [
            take(db, tmp_path, COLLEGES, "organisations", SCHOOLS),
            take(db, tmp_path, FIELDS, "facts", STADIUMS),
            take(db, tmp_path, CONTACTS, "contacts", PEOPLE),
        ]

    everything()
    before = dump(db)
    again = everything()
    assert dump(db) == before
    assert [o.created.total() + o.updated.total() for o in again] == [0, 0, 0]


def test_a_record_keeps_the_day_that_its_content_is_of(db: Database, tmp_path: Path) -> None:
    def day(content: str, observed: str | None) -> str:
        take(db, tmp_path, content, "organisations", SCHOOLS, observed=observed)
        kept = db.read_sync(lambda s: s.scalars(select(ExternalId).where(ExternalId.external_id == "101")).one())
        return str(kept.observed_on)

    assert day(COLLEGES, "2026-08-22") == "2026-08-22"
    assert day(COLLEGES, "2026-07-01") == "2026-08-22"
    assert day(COLLEGES, None) == "2026-08-22"
    assert day(COLLEGES, "2026-11-01") == "2026-11-01"
    assert day(COLLEGES.replace("1205", "1300"), None) == "None"


def test_what_a_person_corrected_survives_the_same_file_but_not_news(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)

    def correct(session: Any) -> None:
        row = session.scalars(select(Prospect).where(Prospect.name == "Oakmont College")).one()
        row.enrollment = 1300

    with acting_as("user:kim"):
        db.write_sync(correct)
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    assert prospect(db, "Oakmont College").enrollment == 1300
    take(db, tmp_path, COLLEGES.replace("1205", "1250"), "organisations", SCHOOLS)
    assert prospect(db, "Oakmont College").enrollment == 1250


def test_contacts_find_their_organisation_by_id(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    outcome = take(db, tmp_path, CONTACTS, "contacts", PEOPLE)
    assert outcome.created["contacts"] == 3
    assert outcome.as_json()["rejected"] == {
        "the organisation is not known; import it first": 1,
        "the row names nobody": 1,
    }
    kim = db.read_sync(lambda s: s.scalars(select(Contact).where(Contact.first_name == "Kim")).one())
    assert (kim.email, kim.source, kim.prospect_id) == (
        "kim.lee@oakmont.example", "import", prospect(db, "Oakmont College").id,
    )  # fmt: skip
    assert kim.linkedin_url == "https://www.linkedin.com/in/kim-lee-invented"


def test_a_suppressed_address_or_domain_is_never_resurrected(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    db.write_sync(
        lambda s: s.add_all(
            [
                Suppression(kind="address", value="kim.lee@oakmont.example", reason="asked for it"),
                Suppression(kind="domain", value="gone.example"),
            ]
        )
    )
    take(db, tmp_path, CONTACTS, "contacts", PEOPLE)
    people = db.read_sync(lambda s: {c.first_name: c for c in s.scalars(select(Contact))})
    assert (people["Kim"].status, people["Kim"].do_not_contact) == ("do_not_contact", True)
    assert people["Kim"].dnc_reason == "suppressed address: asked for it"
    assert people["Jo"].status == "do_not_contact"
    assert people["Sam"].status == "active"
    before = dump(db)
    more = CONTACTS.replace("jo@gone.example,", "jo@gone.example,linkedin.com/in/jo-stone-invented")
    outcome = take(db, tmp_path, more, "contacts", PEOPLE)
    assert outcome.notes["somebody not to be contacted: left as they are"] == 2
    assert dump(db) == before


def test_somebody_deleted_is_flagged_and_not_brought_back(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    take(db, tmp_path, CONTACTS, "contacts", PEOPLE)

    def delete(session: Any) -> None:
        session.scalars(select(Contact).where(Contact.first_name == "Kim")).one().deleted_at = utc_now()

    with acting_as("user:kim"):
        db.write_sync(delete)
    for _ in range(2):
        outcome = take(db, tmp_path, CONTACTS, "contacts", PEOPLE)
        assert outcome.as_json()["rejected"]["this person was deleted; an import doesn't bring them back"] == 1
    flags = db.read_sync(lambda s: s.scalars(select(HygieneFlag)).all())
    assert [flag.flag_type for flag in flags] == ["outreach_blocked"]
    assert db.read_sync(lambda s: s.scalars(select(Contact).where(Contact.first_name == "Kim")).all()) == []


def test_openings_are_kept_and_testing_jobs_are_signals(db: Database, tmp_path: Path) -> None:
    companies = 'Company,Domain,Employees,City,State\nOakline Inc,oakline.example,350,Austin,"TX, USA"\n'
    fields = {
        "organisation_name": "Company",
        "domain": "Domain",
        "employees": "Employees",
        "city": "City",
        "state": "State",
    }
    take(db, tmp_path, companies, "organisations", fields, playbook="qa-software", id_column="Domain")
    oakline = prospect(db, "Oakline Inc")
    account = db.read_sync(lambda s: s.get_one(Account, oakline.account_id))
    assert (oakline.venue_type, account.employee_band, account.tier) == ("company", "201-1000", "Mid-Market")
    assert account.hq_location == "Austin, TX, USA"
    jobs = (
        "Domain,Title,Location,Posted,Link\n"
        "oakline.example,Senior QA Engineer,Remote,2026-08-20,https://jobs.oakline.example/1\n"
        "oakline.example,Account Executive,Remote,,https://jobs.oakline.example/2\n"
        "other.example,QA Engineer,Remote,,https://jobs.other.example/1\n"
    )
    outcome = take(db, tmp_path, jobs, "openings", OPENINGS, playbook="qa-software", id_column="Domain")
    assert outcome.created == {"external_ids": 2, "signals": 1}
    assert len(outcome.rejects) == 1
    signal = db.read_sync(lambda s: s.scalars(select(Signal)).one())
    assert (signal.signal_type, signal.description) == ("qa_job_posting", "Senior QA Engineer, Remote")
    assert str(signal.expires_at) == "2026-11-18"
    again = take(db, tmp_path, jobs, "openings", OPENINGS, playbook="qa-software", id_column="Domain")
    assert again.created.total() + again.updated.total() == 0
    # The department decides where the title could be of any trade, as in `outreach signals scan`.
    told = (
        "Domain,Title,Location,Posted,Link,Department\n"
        "oakline.example,Quality Engineer,Remote,2026-08-20,https://jobs.oakline.example/3,Manufacturing\n"
        "oakline.example,Test Engineer,Remote,2026-08-20,https://jobs.oakline.example/4,Software\n"
    )
    more = take(db, tmp_path, told, "openings", OPENINGS, playbook="qa-software", id_column="Domain")
    assert more.created == {"external_ids": 2, "signals": 1}


def test_mixed_rows_make_the_organisation_once_and_keep_no_person_in_its_record(db: Database, tmp_path: Path) -> None:
    rows = (
        "First,Last,Email,Company,Website,Employees\n"
        "Kim,Lee,kim@oakline.example,Oakline,https://oakline.example,350\n"
        "Sam,Roe,sam@oakline.example,Oakline,https://oakline.example,350\n"
    )
    columns = {"first_name": "First", "last_name": "Last", "email": "Email", "organisation_name": "Company",
               "website": "Website", "employees": "Employees"}  # fmt: skip

    def run() -> Outcome:
        return take(db, tmp_path, rows, "contacts", columns, playbook="qa-software", entity="mixed", id_column=None)

    assert run().created == {"accounts": 1, "prospects": 1, "external_ids": 3, "contacts": 2}
    records = db.read_sync(lambda s: s.scalars(select(ExternalId)).all())
    people = [record.payload for record in records if record.table_name == "contacts"]
    assert "kim" not in str(people).casefold()
    record = next(record for record in records if record.table_name == "accounts")
    assert record.payload == {"Company": "Oakline", "Website": "https://oakline.example", "Employees": "350"}
    before = dump(db)
    run()
    assert dump(db) == before


def test_two_organisations_of_one_name_are_not_guessed_between(db: Database, tmp_path: Path) -> None:
    schools = (
        "UNITID,Institution,Division,City,State\n1,Westbrook College,NAIA,Akron,OH\n2,Westbrook College,NAIA,Erie,PA\n"
    )
    fields = {k: v for k, v in SCHOOLS.items() if k not in ("website", "enrollment")}
    assert take(db, tmp_path, schools, "organisations", fields).created["prospects"] == 2
    people = "First,Last,State,Company\nKim,Lee,,Westbrook College\nSam,Roe,PA,Westbrook College\n"
    columns = {"first_name": "First", "last_name": "Last", "person_state": "State", "organisation_name": "Company"}
    outcome = take(db, tmp_path, people, "contacts", columns, id_column=None)
    assert outcome.created["contacts"] == 1
    assert outcome.rejects[0].reason == "several organisations have this name or domain"


def test_two_ids_of_one_source_are_two_organisations_whatever_else_is_alike(db: Database, tmp_path: Path) -> None:
    rows = COLLEGES.splitlines()[0] + "\n1,Oakmont College,oakmont.example,NAIA,Akron,OH,5\n"
    take(db, tmp_path, rows, "organisations", SCHOOLS)
    outcome = take(db, tmp_path, rows.replace("\n1,", "\n2,"), "organisations", SCHOOLS)
    assert outcome.created["prospects"] == 1
    assert db.read_sync(lambda s: len(s.scalars(select(Prospect)).all())) == 2


def test_another_sources_row_fills_blanks_only(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    other = (
        "Institution,Website,Division,City,State,Students,Address\n"
        "Oakmont College,oakmont.example,NAIA,Elsewhere,OH,9,1 Hill Rd\n"
    )
    take(
        db, tmp_path, other, "organisations", {**SCHOOLS, "address": "Address"}, id_column=None, source="a second list"
    )
    oakmont = prospect(db, "Oakmont College")
    assert (oakmont.address, oakmont.enrollment, oakmont.city) == ("1 Hill Rd", 1205, "Akron")


def test_a_deleted_organisation_stays_deleted(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)

    def delete(session: Any) -> None:
        session.scalars(select(Prospect).where(Prospect.name == "Oakmont College")).one().deleted_at = utc_now()

    with acting_as("user:kim"):
        db.write_sync(delete)
    outcome = take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    assert outcome.as_json()["rejected"]["this organisation was deleted; an import doesn't bring it back"] == 2
    assert db.read_sync(lambda s: len(s.scalars(select(Prospect)).all())) == 3


LEADS = """Apollo Contact Id,First Name,Last Name,Title,Email,Phone,Company,Website,# Employees
c1,Kim,Lee,QA Manager,kim@oakline.example,(512) 555-0101,Oakline,oakline.example,350
c2,SAM,ROE,CTO,sam@elmsoft.example,,Elmsoft Inc,elmsoft.example,40
"""
LEAD = {
    "person_id": "Apollo Contact Id", "first_name": "First Name", "last_name": "Last Name", "job_title": "Title",
    "email": "Email", "phone": "Phone", "organisation_name": "Company", "website": "Website",
    "employees": "# Employees",
}  # fmt: skip


def lead(db: Database, folder: Path, content: str, **more: Any) -> Outcome:
    return take(db, folder, content, "contacts", LEAD, playbook="qa-software", entity="mixed", id_column=None,
                **{"source": "Apollo", "observed": None, **more})  # fmt: skip


def people(db: Database) -> dict[str, Contact]:
    return db.read_sync(lambda s: {c.first_name: c for c in s.scalars(select(Contact))})


def test_a_newer_file_finds_people_by_their_id_and_a_blank_overwrites_nothing(db: Database, tmp_path: Path) -> None:
    lead(db, tmp_path, LEADS)
    assert (people(db)["Kim"].phone, people(db)["Sam"].last_name) == ("+15125550101", "Roe")

    def classify(session: Any) -> None:
        kim = session.scalars(select(Contact).where(Contact.first_name == "Kim")).one()
        kim.persona_type, kim.email_verified, kim.location = "QA Manager", True, "Austin"

    with acting_as("user:kim"):
        db.write_sync(classify)
    newer = LEADS.replace(
        "c1,Kim,Lee,QA Manager,kim@oakline.example,(512) 555-0101",
        "c1,Kim,Stone-Lee,QA Director,kim.stone@oakline.example,",
    )
    outcome = lead(db, tmp_path, newer)
    assert (outcome.created.total(), outcome.updated["contacts"]) == (0, 1)
    kim = people(db)["Kim"]
    assert (kim.full_name, kim.title, kim.email) == ("Kim Stone-Lee", "QA Director", "kim.stone@oakline.example")
    assert (kim.phone, kim.location, kim.persona_type, kim.email_verified) == ("+15125550101", "Austin", None, None)
    before = dump(db)
    assert lead(db, tmp_path, newer).unchanged == 2
    assert dump(db) == before


def test_what_a_person_corrected_of_somebody_survives_the_same_file(db: Database, tmp_path: Path) -> None:
    lead(db, tmp_path, LEADS)

    def correct(session: Any) -> None:
        session.scalars(select(Contact).where(Contact.first_name == "Kim")).one().title = "Head of QA"

    with acting_as("user:kim"):
        db.write_sync(correct)
    lead(db, tmp_path, LEADS.replace("(512) 555-0101", "(512) 555-0109"))
    kim = people(db)["Kim"]
    assert (kim.title, kim.phone) == ("Head of QA", "+15125550109")


def test_what_a_source_says_of_an_address_is_taken(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    header = "First,Last,Email,Company,Status\n"
    fields = {k: v for k, v in PEOPLE.items() if k not in ("job_title", "linkedin_url")} | {"email_status": "Status"}

    def known(rows: str, source: str = "a list") -> dict[str, bool | None]:
        take(db, tmp_path, header + rows, "contacts", fields, id_column=None, source=source)
        return db.read_sync(lambda s: {c.first_name: c.email_verified for c in s.scalars(select(Contact))})

    rows = (
        "Kim,Lee,kim@oakmont.example,Oakmont College,Verified\n"
        "Sam,Roe,sam@oakmont.example,Oakmont College,hard_bounce\n"
        "Jo,Stone,jo@oakmont.example,Oakmont College,Guessed\nAl,Hill,,Oakmont College,Verified\n"
    )
    assert known(rows) == {"Kim": True, "Sam": False, "Jo": None, "Al": None}
    assert known(rows.replace("Verified", "Invalid").replace("Guessed", "valid")) == {
        "Kim": False, "Sam": False, "Jo": True, "Al": None,
    }  # fmt: skip
    # What another source says of another address says nothing of the one that is kept.
    other = "Kim,Lee,kim.lee@oakmont.example,Oakmont College,Verified\n"
    known(other, "a second list")
    assert (
        db.read_sync(
            lambda s: dict(map(tuple, s.execute(select(Contact.email, Contact.email_verified)).all()))  # type: ignore[arg-type]
        )["kim@oakmont.example"]
        is False
    )


def test_a_file_of_an_earlier_day_fills_blanks_only(db: Database, tmp_path: Path) -> None:
    lead(db, tmp_path, LEADS, observed="2026-08-22")
    older = LEADS.replace("QA Manager", "QA Engineer").replace("sam@elmsoft.example,", "sam@elmsoft.example,6175550104")
    lead(db, tmp_path, older.replace(",350", ",100"), observed="2026-01-01")
    found = people(db)
    assert (found["Kim"].title, found["Sam"].phone) == ("QA Manager", "+16175550104")
    account = db.read_sync(lambda s: s.scalars(select(Account).where(Account.name == "Oakline")).one())
    assert account.employee_count == 350


def test_two_rows_for_one_person_make_one_and_the_same_file_again_changes_nothing(db: Database, tmp_path: Path) -> None:
    twice = LEADS + "c1,Kim,Lee,QA Lead,kim@oakline.example,(512) 555-0199,Oakline,oakline.example,360\n"
    assert lead(db, tmp_path, twice).created["contacts"] == 2
    assert people(db)["Kim"].title == "QA Manager"
    before = dump(db)
    outcome = lead(db, tmp_path, twice)
    assert (outcome.created.total(), outcome.updated.total(), outcome.unchanged) == (0, 0, 3)
    assert dump(db) == before


def test_an_organisation_is_found_by_its_id_after_it_changed_name_and_domain(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    renamed = COLLEGES.replace("101,Oakmont College,www.oakmont.example", "101,Oakmont University,www.oakmontu.example")
    outcome = take(db, tmp_path, renamed, "organisations", SCHOOLS)
    assert (outcome.created.total(), outcome.updated["accounts"]) == (0, 1)
    account = db.read_sync(lambda s: s.scalars(select(Account).where(Account.name == "Oakmont University")).one())
    assert account.domain == "oakmontu.example"
    assert prospect(db, "Oakmont University").account_id == account.id


def test_a_linkedin_page_of_somebody_else_is_left_out(db: Database, tmp_path: Path) -> None:
    rows = (
        "Apollo Contact Id,First Name,Last Name,Email,Company,Link\n"
        "c1,Kim,Lee,kim@oakline.example,Oakline,linkedin.com/in/kim-x\n"
        "c2,Sam,Roe,sam@oakline.example,Oakline,linkedin.com/in/sam-x\n"
    )
    columns = {"person_id": "Apollo Contact Id", "first_name": "First Name", "last_name": "Last Name",
               "email": "Email", "organisation_name": "Company", "linkedin_url": "Link"}  # fmt: skip

    def run(content: str) -> Outcome:
        return take(db, tmp_path, content, "contacts", columns, playbook="qa-software", id_column=None, source="Apollo")

    run(rows)
    outcome = run(rows.replace("sam-x", "kim-x"))
    assert outcome.notes == {"a LinkedIn page that is somebody else's was left out": 1}
    assert people(db)["Sam"].linkedin_url == "https://www.linkedin.com/in/sam-x"


def test_an_address_or_a_page_under_quite_another_name_is_somebody_elses(db: Database, tmp_path: Path) -> None:
    head = "First Name,Last Name,Email,Company,Link\n"
    columns = {"first_name": "First Name", "last_name": "Last Name", "email": "Email",
               "organisation_name": "Company", "linkedin_url": "Link"}  # fmt: skip

    def run(rows: str, source: str) -> Outcome:
        return take(
            db, tmp_path, head + rows, "contacts", columns, playbook="qa-software", id_column=None, source=source
        )

    run("Ted,Mowbray,qa@oakline.example,Oakline,\nKim,Lee,kim@oakline.example,Oakline,linkedin.com/in/kim-x\n", "a")
    rows = "Lena,Pfau,qa@oakline.example,Oakline,\nSam,Roe,sam@oakline.example,Oakline,linkedin.com/in/kim-x\n"
    outcome = run(rows + "Kimberly,Lee,kim@oakline.example,Oakline,\n", "b")
    assert outcome.created["contacts"] == 2
    assert outcome.notes == {"a LinkedIn page that is somebody else's was left out": 1}
    found = people(db)
    assert set(found) == {"Ted", "Kim", "Lena", "Sam"}
    assert found["Sam"].linkedin_url is None
    again = run(rows, "b")
    assert again.created["contacts"] == 0


def test_people_of_a_company_not_known_yet_make_it_where_a_name_is_enough(db: Database, tmp_path: Path) -> None:
    rows = (
        'First,Last,Email,Company\nKim,Lee,kim@oakline.example,"Oakline, Inc."\n'
        "Sam,Roe,sam@mail.example,OAKLINE\nJo,Stone,jo@oakline.example,Oakline\n"
    )
    columns = {"first_name": "First", "last_name": "Last", "email": "Email", "organisation_name": "Company"}
    outcome = take(db, tmp_path, rows, "contacts", columns, playbook="qa-software", id_column=None)
    assert (outcome.created["accounts"], outcome.created["contacts"]) == (1, 3)
    schools = take(db, tmp_path, rows, "contacts", columns, id_column=None)
    assert schools.as_json()["rejected"] == {"the organisation is not known; import it first": 3}


def test_one_name_in_one_town_is_one_organisation_whatever_the_source(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    other = "Institution,Division,City,State\nThe Oakmont College,NAIA,Akron,Ohio\nOakmont College,NAIA,Erie,PA\n"
    fields = {k: v for k, v in SCHOOLS.items() if k not in ("website", "enrollment")}
    outcome = take(db, tmp_path, other, "organisations", fields, id_column=None, source="a second list")
    assert outcome.created["accounts"] == 1


def test_a_town_with_its_state_is_taken_apart_and_completes_a_state_alone(db: Database, tmp_path: Path) -> None:
    first = "ID,Name,State,Division\n7,Oakmont College,OH,NAIA\n"
    fields = {"organisation_name": "Name", "state": "State", "division": "Division"}
    take(db, tmp_path, first, "organisations", fields, id_column="ID", source="directory")
    place = db.read_sync(lambda s: s.scalars(select(Account.hq_location)).one())
    assert place == "OH"
    second = 'ID,Name,Place,Division\n7,Oakmont College,"Akron, Ohio",NAIA\n8,Elm College,"Erie",NAIA\n'
    fields = {"organisation_name": "Name", "city": "Place", "division": "Division"}
    for _ in range(2):
        take(db, tmp_path, second, "organisations", fields, id_column="ID", source="directory")
        found = db.read_sync(lambda s: s.execute(select(Prospect.name, Prospect.city, Prospect.state)).all())
        assert sorted(map(tuple, found)) == [("Elm College", "Erie", "OTHER"), ("Oakmont College", "Akron", "OH")]
        assert sorted(db.read_sync(lambda s: s.scalars(select(Account.hq_location)).all())) == ["Akron, OH", "Erie"]


def test_people_find_their_organisation_by_the_domain_of_their_address(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, COLLEGES, "organisations", SCHOOLS)
    rows = "First,Last,Email\nKim,Lee,kim@oakmont.example\nSam,Roe,sam@gmail.com\nJo,Stone,jo@elm.example\n"
    columns = {"first_name": "First", "last_name": "Last", "email": "Email"}
    outcome = take(db, tmp_path, rows, "contacts", columns, id_column=None)
    assert outcome.created["contacts"] == 1
    assert outcome.as_json()["rejected"] == {
        "the organisation is not known; import it first": 1,
        "several organisations have this name or domain": 1,
    }


def test_chunks_know_what_the_chunks_before_them_made(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.importing.rows.CHUNK", 2)
    rows = (
        LEADS.splitlines()[0]
        + "\n"
        + "".join(f"c{n},Kim{n},Lee,QA,kim{n}@oakline.example,,Oakline,,{n}\n" for n in range(7))
    )
    outcome = lead(db, tmp_path, rows)
    assert outcome.created == {"accounts": 1, "prospects": 1, "external_ids": 8, "contacts": 7}
    before = dump(db)
    assert lead(db, tmp_path, rows).unchanged == 7
    assert dump(db) == before


@pytest.mark.parametrize(
    ("division", "sanction", "expected"),
    [
        ("NCAA Division I-FBS", None, "college_d1"),
        ("NCAA Division I (without football)", None, "college_d1"),
        ("NCAA D-II", None, "college_d2"),
        ("DIII", None, "college_d3"),
        ("Division III", "NAIA", "college_naia"),
        ("NAIA Division I", None, "college_naia"),
        ("6A", None, "high_school_6a"),
        ("Class 3A", None, "high_school_3a"),
        ("2A", None, "high_school_other"),
        ("NJCAA Division I", None, None),
        (None, "NCAA", None),
        ("ii", None, "college_d2"),
        ("fcs", None, "college_d1"),
        ("4", None, None),
    ],
)
def test_venue_types(division: str | None, sanction: str | None, expected: str | None) -> None:
    assert venue_type(division, sanction, "Oakmont") == expected


def test_eada_numbers_its_classes() -> None:
    assert spelled_out("4", "Classification Name") == "NCAA Division II (with football)"
    assert spelled_out("4", "Class") == "4"
    assert spelled_out("20", "Classification Name") == "20"


def test_football_and_class() -> None:
    assert plays_football("NCAA Division III (with football)")
    assert not plays_football("NCAA Division III (without football)")
    assert classification("NCAA Division III (with football)") == "NCAA Division III"
