"""The engine on small lists of invented people and organisations."""

import random

import pytest

from tools.dedupe.blocking import LARGEST, Candidates
from tools.dedupe.cluster import apart, clusters
from tools.dedupe.columns import Means, are_people, guess
from tools.dedupe.engine import Duplicates, Verdict, find, same_pairs
from tools.dedupe.records import Record, prepare

Cells = dict[str, str]


def records(rows: list[Cells], source: str = "a") -> list[Record]:
    meanings = guess({column for row in rows for column in row})
    return [prepare(n, source, row, meanings) for n, row in enumerate(rows)]


def run(rows: list[Cells], *, people: bool) -> Duplicates:
    return find(records(rows), people=people)


def test_schools_below_a_public_suffix_have_a_domain_each() -> None:
    mason, dayton, sport = records(
        [
            {"school": "x", "website": f"https://www.{host}"}
            for host in ("mason.k12.oh.us", "dayton.k12.oh.us", "sport.x.edu")
        ]
    )
    assert (mason.domain, dayton.domain, sport.domain) == ("mason.k12.oh.us", "dayton.k12.oh.us", "x.edu")


def crowd(number: int) -> list[Cells]:
    draw = random.Random(3)
    names = [
        f"{a}{b}" for a in ("mar", "lo", "ken", "bri", "sal", "tor") for b in ("a", "en", "ick", "ow", "ber", "ton")
    ]
    return [
        {
            "first name": draw.choice(names),
            "last name": f"{draw.choice(names)}{draw.choice(names)}",
            "email": f"p{n}@host{n % 7}.example",
            "date of birth": f"19{draw.randint(40, 99)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
            "city": draw.choice(("Akron", "Dayton", "Erie", "Gary")),
        }
        for n in range(number)
    ]


def test_people_with_slips_are_found_and_others_left_alone() -> None:
    rows = crowd(120)
    again = [dict(row) for row in rows[:20]]
    for n, row in enumerate(again):
        row["last name"] = row["last name"][:-1]
        if n % 2:
            row["email"] = ""
        if n % 3 == 0:
            row["first name"], row["last name"] = row["last name"], row["first name"]
    found = run(rows + again, people=True)
    assert same_pairs(found.clusters) == {(n, 120 + n) for n in range(20)}
    assert all(pair.evidence and pair.why() for pair in found.pairs)


def test_evidence_says_what_agreed_and_one_voice_against_leaves_a_doubt() -> None:
    rows = crowd(60)
    rows.append(dict(rows[0]))
    rows.append({**rows[1], "date of birth": "1931-01-31"})
    verdicts = {(p.one, p.other): p for p in run(rows, people=True).pairs}
    assert verdicts[0, 60].verdict is Verdict.CERTAIN
    assert "the same email" in verdicts[0, 60].why()
    assert verdicts[1, 61].verdict is Verdict.DOUBTFUL
    assert any(e.words == "other birth dates" and e.bits < 0 for e in verdicts[1, 61].evidence)


def test_organisations_with_look_alikes() -> None:
    rows = [
        {"name": "Miami University-Oxford", "city": "Oxford", "state": "OH", "website": "https://miamioh.example/"},
        {"name": "Miami (OH)", "city": "Oxford", "state": ""},
        {"name": "University of Miami", "city": "Coral Gables", "state": "FL"},
        {"name": "Penn State Behrend", "city": "Erie", "state": "PA"},
        {"name": "Pennsylvania State University-Penn State Erie-Behrend College", "city": "Erie", "state": "PA"},
        {"name": "Pennsylvania State University-Penn State Altoona", "city": "Altoona", "state": "PA"},
        {"name": "Indiana University-East", "city": "Richmond", "state": "IN"},
        {"name": "Indiana University-Kokomo", "city": "Kokomo", "state": "IN"},
        {"name": "Oakmont Robotics Inc", "website": "oakmont.example", "city": "Gary", "state": "IN"},
        {"name": "Oakmont Robotics", "website": "www.oakmont.example/home", "city": "", "state": "IN"},
    ]
    together = same_pairs(run(rows, people=False).clusters)
    assert {(0, 1), (8, 9)} <= together
    assert not {(0, 2), (1, 2), (3, 5), (4, 5), (6, 7)} & together


def test_ids_of_one_registry_keep_rows_of_one_file_apart() -> None:
    rows = [
        {"UNITID": "1", "name": "Westbrook University", "city": "Akron", "state": "OH"},
        {"UNITID": "2", "name": "Westbrook University", "city": "Akron", "state": "OH"},
    ]
    one, other = records(rows)
    assert apart(one, other)
    assert find([one, other], people=False).pairs == ()
    other.source = "b"
    assert not apart(one, other)
    assert len(find([one, other], people=False).clusters) == 1


def test_a_chain_is_not_a_cluster() -> None:
    people = records([{"first name": "a", "last name": "b"}] * 4)
    chain = {(0, 1): 0.9, (1, 2): 0.8, (2, 3): 0.9}
    assert clusters(people, chain, link=0.5, mean=0.5) == [[0, 1], [2, 3]]
    assert clusters(people, chain, link=0.5, mean=0.1) == [[0, 1, 2, 3]]

    def never(a: Record, b: Record) -> bool:
        return {a.place, b.place} == {0, 3}

    assert clusters(people, chain, link=0.5, mean=0.1, separate=never) == [[0, 1], [2, 3]]


def test_a_key_that_everybody_shares_costs_no_square() -> None:
    rows = [{"name": f"Oakmont {n}", "website": "shared.example"} for n in range(20 * LARGEST)]
    pairs = list(Candidates(records(rows), people=False, apart=lambda _a, _b: False))
    assert len(pairs) == len(set(pairs)) < len(rows) * 60


@pytest.mark.parametrize("rows", [[], [{"name": "Oakmont"}], [{"name": ""}, {"name": "N/A"}]])
def test_little_or_nothing(rows: list[Cells]) -> None:
    found = run(rows, people=False)
    assert (found.pairs, found.clusters) == ((), ())


def test_the_result_does_not_depend_on_chance() -> None:
    rows = crowd(80) + crowd(80)[:10]
    assert run(rows, people=True).pairs == run(rows, people=True).pairs


def test_columns_are_known_by_their_headings() -> None:
    found = guess(["First Name", "Company Name for Emails", "Company Phone", "UNITID", "Website", "Lead Score", "ZIP"])
    assert list(found.values()) == [
        Means.GIVEN, Means.NAME, Means.PHONE, Means.REGISTRY, Means.DOMAIN, None, Means.ZIP,
    ]  # fmt: skip
    assert are_people(found)
    assert not are_people(guess(["Institution Name", "City"]))


def test_records_are_brought_into_one_form() -> None:
    [record] = records(
        [
            {
                "name": "Oakmont Univ", "street": "12 Main Street", "city": "St. Louis, MO",
                "phone": "+1 (555) 555-0101",
                "website": "http://www.cs.oakmont.co.uk/lab/x", "zip": "44301-1234", "date of birth": "3/4/1990",
            }
        ]
    )  # fmt: skip
    assert (record.number, record.street, record.city, record.state) == ("12", "main st", "saint louis", "mo")
    assert (record.phone, record.host, record.domain, record.path) == (
        "5555550101", "cs.oakmont.co.uk", "oakmont.co.uk", "lab",
    )  # fmt: skip
    assert (record.zip, record.birth) == ("44301", "19900304")


def test_a_short_list_is_not_doubted_for_being_short() -> None:
    """Six short names against the list that they are of: name, town and state are all there is."""
    given = [
        ("Pennsylvania State University-Main Campus", "University Park", "PA"),
        ("Pennsylvania State University-Penn State Erie-Behrend College", "Erie", "PA"),
        ("Pennsylvania State University-Penn State Altoona", "Altoona", "PA"),
        ("Miami University-Oxford", "Oxford", "OH"),
        ("Miami University-Hamilton", "Hamilton", "OH"),
        ("University of Miami", "Coral Gables", "FL"),
        ("Indiana University of Pennsylvania-Main Campus", "Indiana", "PA"),
        ("Saint Francis University", "Loretto", "PA"),
        ("St. Francis College", "Brooklyn", "NY"),
    ]
    short = {
        ("Penn State Behrend", "Erie", "PA"): 1,
        ("Miami (OH)", "Oxford", "OH"): 3,
        ("Miami", "Coral Gables", "FL"): 5,
        ("Penn State", "University Park", "PA"): 0,
        ("Indiana (PA)", "Indiana", "PA"): 6,
        ("Saint Francis (PA)", "Loretto", "PA"): 7,
    }
    meanings = {"name": Means.NAME, "city": Means.CITY, "state": Means.STATE}
    rows = [dict(zip(meanings, row, strict=True)) for row in [*given, *short]]
    records = [prepare(n, "a" if n < len(given) else "b", row, meanings) for n, row in enumerate(rows)]
    found = {frozenset(cluster) for cluster in find(records, people=False).clusters if len(cluster) > 1}
    assert found == {frozenset((place, len(given) + n)) for n, place in enumerate(short.values())}
