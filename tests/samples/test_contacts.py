"""The invented people of the samples: nobody real, nobody reachable."""

import csv
import io
import re
from pathlib import Path
from types import ModuleType

import pytest

from samples import sample_dir
from samples.builders import colleges, companies
from samples.builders.people import Employer, People, example_domain
from samples.builders.text import Row, host, write_csv

EMAIL = re.compile(r"[a-z._]+@([a-z0-9-]+\.)+example")
PHONE = re.compile(r"\([2-9]\d{2}\) 555-01\d{2}")
SAMPLES = (
    ("sports-lighting", "colleges.csv", "UNITID", "Institution Name"),
    ("qa-software", "companies.csv", "Domain", "Company"),
)


def _rows(playbook: str, name: str) -> list[Row]:
    with (sample_dir(playbook) / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize(("playbook", "organisations", "key", "name"), SAMPLES)
def test_every_organisation_has_one_to_three_people(playbook: str, organisations: str, key: str, name: str) -> None:
    names = {row[key]: row[name] for row in _rows(playbook, organisations)}
    people = _rows(playbook, "contacts.csv")
    assert {row[key] for row in people} == names.keys()
    assert all(row["Company"] == names[row[key]] for row in people)
    for organisation in names:
        assert 1 <= sum(row[key] == organisation for row in people) <= 3


@pytest.mark.parametrize("playbook", [sample[0] for sample in SAMPLES])
def test_addresses_and_numbers_reach_nobody(playbook: str) -> None:
    for row in _rows(playbook, "contacts.csv"):
        assert row["Email"] == "" or EMAIL.fullmatch(row["Email"])
        assert PHONE.fullmatch(row["Work Direct Phone"])
        assert row["Person Linkedin Url"] == ""


@pytest.mark.parametrize("playbook", [sample[0] for sample in SAMPLES])
def test_no_name_address_or_number_comes_twice(playbook: str) -> None:
    people = _rows(playbook, "contacts.csv")
    for values in (
        [(row["First Name"], row["Last Name"]) for row in people],
        [row["Email"] for row in people if row["Email"]],
        [row["Work Direct Phone"] for row in people],
    ):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize(("playbook", "organisations", "key", "name"), SAMPLES)
def test_address_follows_the_real_domain(playbook: str, organisations: str, key: str, name: str) -> None:
    column = "Website" if key == "UNITID" else "Domain"
    hosts = {row[key]: host(row[column]) for row in _rows(playbook, organisations)}
    for row in _rows(playbook, "contacts.csv"):
        assert not row["Email"] or row["Email"].partition("@")[2] == example_domain(hosts[row[key]])


@pytest.mark.parametrize("playbook", [sample[0] for sample in SAMPLES])
def test_trouble_is_there_but_rare(playbook: str) -> None:
    people = _rows(playbook, "contacts.csv")
    assert 0.02 < sum(not row["Email"] for row in people) / len(people) < 0.08
    assert 0 < sum(not row["Title"] for row in people) / len(people) < 0.03


def test_colleges_have_an_athletic_director_and_often_others() -> None:
    people = _rows("sports-lighting", "contacts.csv")
    titles = {title for group in colleges.AD_TITLES.values() for title in group}
    directors = [row for row in people if row["Title"] in titles]
    assert 245 <= len(directors) <= 252
    assert 100 <= sum(row["Title"] in colleges.FACILITIES_TITLES for row in people) <= 150
    assert 65 <= sum(row["Title"] in colleges.FINANCE_TITLES for row in people) <= 105


@pytest.mark.parametrize(
    ("playbook", "organisations", "made"),
    [("sports-lighting", "colleges.csv", colleges), ("qa-software", "companies.csv", companies)],
)
def test_contacts_are_rebuilt_to_the_byte(playbook: str, organisations: str, made: ModuleType, tmp_path: Path) -> None:
    again = tmp_path / "contacts.csv"
    write_csv(again, made.CONTACTS, made.contacts(_rows(playbook, organisations)))
    assert again.read_bytes() == (sample_dir(playbook) / "contacts.csv").read_bytes()


def test_people_depend_on_seed_and_organisation_alone() -> None:
    osu = Employer("204796", "Ohio State", "osu.edu", "Columbus", "OH")
    first = People("a").invent(osu, "director", ["AD"])
    assert first == People("a").invent(osu, "director", ["AD"])
    assert first != People("b").invent(osu, "director", ["AD"])


def test_a_person_is_never_invented_twice() -> None:
    people = People("a")
    osu = Employer("204796", "Ohio State", "osu.edu", "Columbus", "OH")
    twice = [people.invent(osu, "director", ["AD"]) for _ in range(2)]
    assert twice[0]["Last Name"] + twice[0]["First Name"] != twice[1]["Last Name"] + twice[1]["First Name"]
    assert twice[0]["Work Direct Phone"] != twice[1]["Work Direct Phone"]


@pytest.mark.parametrize(
    ("real", "invented"),
    [
        ("osu.edu", "osu.example"),
        ("stripe.com", "stripe.example"),
        ("altoona.psu.edu", "altoona.psu.example"),
        ("firm.co.uk", "firm.example"),
        ("apollo.io", "apollo.example"),
    ],
)
def test_example_domain(real: str, invented: str) -> None:
    assert example_domain(real) == invented


def test_written_csv_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    assert write_csv(path, ("A", "B"), [{"A": 'Stewart "Red", Jr.', "B": "é"}]) == 1
    assert list(csv.reader(io.StringIO(path.read_text("utf-8")))) == [["A", "B"], ['Stewart "Red", Jr.', "é"]]
