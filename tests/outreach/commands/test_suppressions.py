"""`outreach suppressions`, as a person meets it."""

import json
from pathlib import Path

import pytest

from db.access import Database
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact


def test_on_the_list_and_off_again(outreach: Outreach, database: Database) -> None:
    database.write_sync(lambda s: make_contact(s, email="dana@acme.example") and None)
    empty = outreach("suppressions")
    assert "Nobody is on the list" in empty.stderr
    assert "outreach suppressions add" in empty.stderr
    added = outreach("suppressions", "add", "acme.example", "ana@birch.example", "--reason", "customers")
    assert added.exit_code == 0, added.stderr
    assert "acme.example is suppressed: 1 contact." in added.stderr
    assert "acme.example" in outreach("suppressions", "--limit", "1", "--search", "acme").stdout
    assert "1 more: --limit 2" in outreach("suppressions", "--limit", "1").stderr
    asked = outreach("suppressions", "lift", "acme.example", "--reason", "no customer any more")
    assert asked.exit_code == 1
    assert "customers (user)" in asked.stderr
    assert "Dana Reyes is do-not-contact: customers." in asked.stderr
    assert "--yes" in asked.stderr
    lifted = outreach("suppressions", "lift", "acme.example", "--reason", "no customer any more", "--yes")
    assert "Dana Reyes may be contacted again (active)." in lifted.stderr
    assert [row["value"] for row in json.loads(outreach("suppressions", "--json").stdout)] == ["ana@birch.example"]


def test_a_table_of_customers(outreach: Outreach, database: Database, tmp_path: Path) -> None:
    table = tmp_path / "customers.csv"
    rows = "".join(f"Firm {n},https://www.firm{n}.example/\n" for n in range(12))
    table.write_text(f"Company,Website\n{rows}Blank,\n", encoding="utf-8")
    several = outreach("suppressions", "add", "--file", str(table), "--reason", "customers")
    assert several.exit_code == 2
    assert "--column: Company, Website" in several.stderr
    added = outreach("suppressions", "add", "--file", str(table), "--column", "website", "--reason", "customers")
    assert "12 added, 0 were there; 0 contacts." in added.stderr
    again = outreach("suppressions", "add", "--file", str(table), "--column", "website", "--reason", "x", "--json")
    assert {(row["kind"], row["known"]) for row in json.loads(again.stdout)} == {("domain", True)}
    assert outreach("suppressions", "--search", "nothing like it").stderr.startswith("Nothing has")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("add", "--reason", "x"), 2, "Name addresses or domains"),
        (("add", "acme.example", "--reason", " "), 2, "It needs a reason."),
        (("add", "gmail.com", "acme.example", "--reason", "x"), 2, "name the addresses themselves"),
        (("add", "--file", "nowhere.csv", "--reason", "x"), 2, "nowhere.csv"),
        (("lift", "nobody@acme.example", "--reason", "x"), 1, "outreach suppressions"),
        (("lift", "acme.example", "--reason", ""), 2, "It needs a reason."),
    ],
)
def test_wrong_usage(outreach: Outreach, database: Database, args: tuple[str, ...], code: int, said: str) -> None:
    refused = outreach("suppressions", *args)
    assert refused.exit_code == code
    assert said in refused.stderr
    assert outreach("suppressions", "--json").stdout == "[]\n"
