"""`outreach batch export`, as a person meets it."""

import json
import stat
from pathlib import Path

import pytest
import typer

from db.access import Database
from db.models import Batch
from tests.outreach.conftest import Outreach
from tests.support.batches import fill_batch


@pytest.fixture
def ids(database: Database) -> dict[str, str]:
    """The ids of batch 3."""
    return database.write_sync(fill_batch)


def kept(database: Database, ids: dict[str, str]) -> str | None:
    return database.read_sync(lambda s: s.get_one(Batch, ids["batch"]).html_file_path)


def test_the_page_goes_into_the_home_folder_and_is_kept_with_the_batch(
    home: Path, outreach: Outreach, database: Database, ids: dict[str, str]
) -> None:
    result = outreach("batch", "export", "3")
    path = home / "exports" / "batch-3.html"
    assert (result.exit_code, result.stdout.strip().replace("\n", "")) == (0, str(path))
    assert "4 people, 1 of them not to be contacted; 2 messages, 1 approved" in " ".join(result.stderr.split())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept(database, ids) == str(path)


def test_nothing_is_replaced_without_force(
    home: Path, outreach: Outreach, database: Database, ids: dict[str, str]
) -> None:
    target = home / "mine.csv"
    target.write_text("mine")
    result = outreach("batch", "export", "3", "--csv", str(target), "--html", str(home / "b.html"))
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert target.read_text() == "mine"
    assert not (home / "b.html").exists(), "all of it, or nothing"
    assert kept(database, ids) is None
    assert outreach("batch", "export", "3", "--csv", str(target), "--force").exit_code == 0
    assert target.read_text().startswith('"batch","position"')
    assert kept(database, ids) is None


def test_all_three_and_what_was_written(home: Path, outreach: Outreach, ids: dict[str, str]) -> None:
    names = {"html": "b.html", "csv": "b.csv", "hubspot": "h.csv"}
    args = [word for kind, name in names.items() for word in (f"--{kind}", name)]
    result = outreach("batch", "export", ids["batch"][:8], *args, "--excel", "--json")
    told = json.loads(result.stdout)
    assert {kind: Path(one["path"]).name for kind, one in told["files"].items()} == names
    assert all(Path(one["path"]).stat().st_size == one["bytes"] for one in told["files"].values())
    assert (told["batch"], told["people"], told["do_not_contact"], told["messages"], told["may_leave"]) == (
        3,
        4,
        1,
        2,
        1,
    )
    assert Path("b.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_our_import_reads_the_hubspot_table_without_a_question(outreach: Outreach, ids: dict[str, str]) -> None:
    assert outreach("batch", "export", "3", "--hubspot", "h.csv").exit_code == 0
    result = outreach("import", "h.csv", "--dry-run", "--json")
    told = json.loads(result.stdout)
    assert not told["asks"], [one for one in told["mapping"] if one["asks"]]
    assert (told["rows"]["accepted"], told["rows"]["refused"]) == (3, 0), told["reasons"]
    fields = {one["column"]: one["field"] for one in told["mapping"]}
    assert fields["Email"] == "email"
    assert fields["Phone Number"] == "phone"
    assert fields["Company Name"] == "organisation_name"
    assert fields["Contact owner"] is None
    person = told["examples"][0]["person"]
    assert (person["first_name"], person["phone"]) == ("Dana", "+15135550101;ext=12")


def test_what_cannot_be_done_is_told_in_a_sentence(outreach: Outreach, ids: dict[str, str]) -> None:
    for args, code in (
        (("9",), 1),
        (("3", "--csv", "x", "--hubspot", "x"), 2),
        (("3", "--csv", "x", "--open"), 2),
        (("3", "--html", "."), 2),
    ):
        result = outreach("batch", "export", *args)
        assert (result.exit_code, bool(result.stderr.strip())) == (code, True), args
        assert not Path("x").exists()


def test_open_shows_the_page(
    home: Path, outreach: Outreach, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", lambda url: opened.append(url) or 1)
    result = outreach("batch", "export", "3", "--open")
    assert opened == [(home / "exports" / "batch-3.html").as_uri()]
    assert "No browser could be started" in result.stderr
