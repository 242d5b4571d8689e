"""`outreach import`: a file tried without a database, and taken in. The files and people are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.access import Database
from db.models import AgentRun, Contact, ImportMapping
from outreach.commands import imports
from tests.outreach.conftest import Outreach
from tools.reading import read_table

LEADS = """Vorname,Name,Firma,E-Mail,Telefon,Funktion,Notiz
Anna,Berger,Eichenwerk GmbH,anna@eichenwerk.example,+49 89 5550101,Leiterin Qualität,nett
Jan,Vogt,Ulmensoft AG,jan@ulmensoft.example,,Geschäftsführer,
,,Ulmensoft AG,info@ulmensoft.example,,,
"""
ODD = """Who,Where they work,Contact point
Kim Lee,Oakline Software,kim@oakline.example
Sam Roe,Elmsoft Systems,sam@elmsoft.example
"""


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "kontakte.csv"
    path.write_text(LEADS, encoding="cp1252")
    return path


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.csv"
    path.write_text(ODD, encoding="utf-8")
    return path


def fields(report: dict[str, Any]) -> dict[str, str | None]:
    return {row["column"]: row["field"] for row in report["mapping"]}


def names(database: Database) -> list[str]:
    return database.read_sync(lambda s: sorted(s.scalars(select(Contact.full_name)).all()))


def test_a_dry_run_tells_everything_and_touches_nothing(outreach: Outreach, home: Path, leads: Path) -> None:
    result = outreach("--playbook", "qa-software", "import", str(leads), "--dry-run", "--json")
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert (report["schema"], report["dry_run"], report["entity"]) == ("outreach.import/1", True, "contact")
    assert report["rows"] == {"total": 3, "accepted": 2, "refused": 1}
    assert report["reasons"] == {"the row names nobody": 1}
    assert report["refused"][0]["row"] == 4
    assert report["file"]["notes"] == ["read as cp1252 (not UTF-8)"]
    expected = {"Vorname": "first_name", "Name": "last_name", "Firma": "organisation_name", "Notiz": None}
    assert expected.items() <= fields(report).items()
    assert report["examples"][0]["person"]["phone"] == "+49895550101"
    assert not report["asks"]
    assert sorted(path.name for path in home.parent.iterdir()) == ["home", "kontakte.csv"]
    assert list(home.iterdir()) == []


def test_a_dry_run_in_words(outreach: Outreach, leads: Path) -> None:
    result = outreach("import", str(leads), "--dry-run", "--map", "Notiz=job_title", "--map", "Funktion=-")
    assert result.exit_code == 3
    assert "3 rows: 2 can be taken, 1 refused." in result.stderr
    assert "Nothing was written." in result.stderr
    assert "the row names nobody" in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--map", "Nothing=email"), "There is no column 'Nothing'"),
        (("--map", "Firma=company"), "There is no field 'company'"),
        (("--map", "Firma"), "not written as Column=field"),
        (("--as-of", "soon"), "is no date"),
        (("--id-column", "Key"), "There is no column 'Key'"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    outreach: Outreach, leads: Path, options: tuple[str, ...], told: str
) -> None:
    result = outreach("import", str(leads), "--dry-run", *options)
    assert result.exit_code == 2
    assert told in result.stderr.replace("\n", " ")


def test_a_file_that_is_no_table_or_cannot_be_mapped_fails_in_words(outreach: Outreach, tmp_path: Path) -> None:
    assert outreach("import", str(tmp_path / "none.csv"), "--dry-run").exit_code == 2
    path = tmp_path / "x.csv"
    path.write_text("Colour,Weight\nred,5\n", encoding="utf-8")
    result = outreach("import", str(path), "--dry-run", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problem"] == "Organisations need a column for organisation_name."


def test_rows_are_taken_in_and_the_rest_goes_to_a_file(outreach: Outreach, database: Database, leads: Path) -> None:
    result = outreach("--playbook", "qa-software", "import", str(leads), "--json")
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert report["rows"] == {"total": 3, "accepted": 2, "refused": 1, "unchanged": 0}
    assert report["created"]["contacts"] == 2
    assert names(database) == ["Anna Berger", "Jan Vogt"]
    rejects = read_table(report["rejects_file"])
    assert rejects.path.name == "kontakte.csv.rejected.csv"
    assert [(r.cells["row"], r.cells["reason"], r.cells["Firma"]) for r in rejects.rows()] == [
        ("4", "the row names nobody", "Ulmensoft AG")
    ]
    steps = database.read_sync(lambda s: s.scalars(select(AgentRun).where(AgentRun.agent_name == "prospector")).all())
    assert {step.run_type for step in steps} >= {"prospect"}
    again = json.loads(outreach("--playbook", "qa-software", "import", str(leads), "--json").stdout)
    assert (again["created"], again["updated"], again["rows"]["unchanged"]) == ({}, {}, 2)


def test_without_a_terminal_what_is_doubtful_is_left_out_and_named(
    outreach: Outreach, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "half.csv"
    path.write_text(
        "First Name,Last Name,Company,Duty\nKim,Lee,Oakline,QA Director\nSam,Roe,Elmsoft,Head of Testing\n",
        encoding="utf-8",
    )
    result = outreach("--playbook", "qa-software", "import", str(path))
    assert result.exit_code == 0, result.stderr
    assert "Duty (perhaps job_title)" in result.stderr
    titles = database.read_sync(lambda s: s.scalars(select(Contact.title)).all())
    assert titles == [None, None]
    assert outreach("--playbook", "qa-software", "import", str(path), "--yes").exit_code == 0
    assert sorted(database.read_sync(lambda s: s.scalars(select(Contact.title)).all())) == [
        "Head of Testing", "QA Director"
    ]  # fmt: skip


def test_too_little_that_is_sure_imports_nothing(outreach: Outreach, database: Database, odd: Path) -> None:
    result = outreach("--playbook", "qa-software", "import", str(odd))
    assert result.exit_code == 1
    assert "Too little of odd.csv is sure enough" in result.stderr.replace("\n", " ")
    assert names(database) == []


def test_what_a_person_says_is_kept_and_used_for_the_same_layout(
    outreach: Outreach, database: Database, odd: Path
) -> None:
    said = ("--map", "Who=full_name", "--map", "Where they work=organisation_name")
    assert outreach("--playbook", "qa-software", "import", str(odd), *said).exit_code == 0
    assert names(database) == ["Kim Lee", "Sam Roe"]
    kept = database.read_sync(lambda s: s.scalars(select(ImportMapping)).one())
    assert (kept.decided_by, kept.mapping["sure"]["full_name"]) == ("user", 1.0)
    odd.write_text(ODD + "Jo Stone,Ash Bank,jo@ashbank.example\n", encoding="utf-8")
    assert outreach("--playbook", "qa-software", "import", str(odd)).exit_code == 0
    assert names(database) == ["Jo Stone", "Kim Lee", "Sam Roe"]


class _Terminal:
    """Answers as a person would who sits at it."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked = 0

    def prompt(self, _text: str, **_more: Any) -> str:
        self.asked += 1
        return self._answers.pop(0)

    def sit_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(imports.typer, "prompt", self.prompt)
        monkeypatch.setattr(imports, "_in_terminal", lambda: True)


def test_in_a_terminal_it_asks_and_takes_changes(
    outreach: Outreach, database: Database, odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = _Terminal("Who=nonsense", "Contact point=-", "Contact point=email", "")
    person.sit_down(monkeypatch)
    assert outreach("--playbook", "qa-software", "import", str(odd)).exit_code == 0
    assert person.asked == 4
    assert names(database) == ["Kim Lee", "Sam Roe"]
    assert outreach("--playbook", "qa-software", "import", str(odd)).exit_code == 0
    assert person.asked == 4


def test_a_person_may_leave(outreach: Outreach, database: Database, odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _Terminal("q").sit_down(monkeypatch)
    assert outreach("--playbook", "qa-software", "import", str(odd)).exit_code == 1
    assert names(database) == []
