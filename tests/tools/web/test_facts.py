"""Facts by rule: what counts, what does not, and whom it is about."""

import re
from datetime import date

import pytest

from db.enums import FactField
from tools.research.facts import numbers_in
from tools.web.fact_rules import RULES
from tools.web.facts import About, PageFact, find_facts

TODAY = date(2026, 11, 1)
OWN = About(("Hilltop College",), own_site=True)
ACME = About(("Acme Robotics", "Acme Robotics, Inc."))


def facts(text: str, about: About = OWN, published: date | None = date(2026, 5, 1)) -> list[PageFact]:
    found = find_facts(text, about, published=published, today=TODAY)
    for fact in found:
        assert fact.quote in text
        assert numbers_in(fact.sentence) <= numbers_in(fact.quote)
        assert 1 <= fact.confidence <= 5
    return found


def said(text: str, about: About = OWN) -> list[str]:
    return [fact.sentence for fact in facts(text, about)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hilltop Stadium was built in 1968.", "Hilltop Stadium was built in 1968."),
        ("Built in 1968, Hilltop Stadium is home to the Bears.", "Hilltop Stadium was built in 1968."),
        ("Hilltop Stadium, home of the Bears, opened in September 1931.", "Hilltop Stadium opened in 1931."),
        ("Hilltop Stadium underwent a $3 million renovation in 2012.", "Hilltop Stadium was renovated in 2012."),
        ("The 6,200-seat Hilltop Stadium hosts track meets.", "Hilltop Stadium seats 6,200."),
        ("Hilltop Stadium was built in 1968 and seats about 4,500.", "Hilltop Stadium seats about 4,500."),
        (
            "LED lights were installed at Hilltop Stadium in 2019.",
            "LED lights were installed at Hilltop Stadium in 2019.",
        ),
        ("Hilltop Stadium has been the home of the Owls since it opened in 1974.", "Hilltop Stadium opened in 1974."),
        (
            "Hilltop Stadium is lit by 48 metal halide fixtures that were put up in 1999.",
            "The lights at Hilltop Stadium are metal halide, installed in 1999.",
        ),
        ("The stadium still has metal halide lights.", "The lights at the stadium are metal halide."),
        ("Hilltop College has an enrollment of 2,310.", "Hilltop College has 2,310 students."),
        ("The college employs more than 340 people.", "Hilltop College has more than 340 employees."),
        (
            "Hilltop College has appointed Dana Whitlock as its new athletic director.",
            "Hilltop College named Dana Whitlock athletic director.",
        ),
        ("We are hiring a Director of Facilities.", "Hilltop College is hiring a Director of Facilities."),
        ("Our QA team relies on Playwright and Cypress.", "Hilltop College relies on Playwright and Cypress."),
        ("Hilltop College was founded in 1871.", "Hilltop College was founded in 1871."),
        (
            "The board of trustees approved a $2.1 million stadium lighting project.",
            "The board of trustees approved a $2.1 million stadium lighting project.",
        ),
        ("Hilltop Stadium\nCapacity: 4,500\n", "Hilltop Stadium seats 4,500."),
        (
            "Hilltop Stadium\nLighting: Metal halide (1998)\n",
            "The lights at Hilltop Stadium are metal halide, installed in 1998.",
        ),
        ("Enrollment: 2,310", "Hilltop College has 2,310 students."),
    ],
)
def test_what_a_page_of_its_own_says(text: str, sentence: str) -> None:
    assert sentence in said(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Acme Robotics raised $12 million in a Series A round led by Foo Capital.",
            "Acme Robotics raised $12 million in a Series A round.",
        ),
        ("Acme Robotics has 450 employees.", "Acme Robotics has 450 employees."),
        (
            "Acme Robotics, based in Ohio, uses Selenium and Jest for its tests.",
            "Acme Robotics uses Selenium and Jest.",
        ),
        ("Acme Robotics acquired Beta Labs.", "Acme Robotics acquired Beta Labs."),
        (
            "Acme Robotics launched a new platform for warehouses.",
            "Acme Robotics launched a new platform for warehouses.",
        ),
        ("Dana Whitlock, the CTO of Acme Robotics, said so.", "Dana Whitlock is the CTO of Acme Robotics."),
        ("Acme Robotics CEO Omar Reyes opened the fair.", "Omar Reyes is CEO of Acme Robotics."),
        (
            "Dana Whitlock has joined Acme Robotics as Head of Quality.",
            "Acme Robotics named Dana Whitlock Head of Quality.",
        ),
    ],
)
def test_what_others_say_of_it_by_name(text: str, sentence: str) -> None:
    assert sentence in said(text, ACME)


@pytest.mark.parametrize(
    "text",
    [
        "If funds allow, Hilltop Stadium will be renovated in 2025.",
        "Hilltop Stadium was not built in 1968.",
        "Hilltop Stadium wasn't built in 1968.",
        "Was Hilltop Stadium built in 1968?",
        "“Hilltop Stadium was built in 1968,” said a visitor.",
        '"Hilltop College has 9,000 students," he said.',
        "Hilltop Stadium could be renovated in 2025.",
        "Hilltop Stadium was renovated in 2031.",
        "We do not use Selenium.",
        "Acme Robotics has 450 employees.",
        "The company has 450 employees.",
        "Our opponents come from afar, and Rival Field was built in 1990.",
        "Hilltop Stadium seats 4,500 percent more.",
        "The Hilltop Stadium metal halide lights were replaced.",
        "Lighting: Metal halide (1998)",
        "Hilltop Stadium was built in 1968 said the sign without an end",
        "Former President Dana Whitlock spoke at Hilltop College.",
        "We love the cypress and the postman.",
    ],
)
def test_what_is_no_fact_about_it(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Acme Robotics could raise $40 million in venture funding.",
        "Acme Robotics raised $900 for charity.",
        "Acme Robotics Europe has 450 employees.",
        "The company has 450 employees.",
        "We have 450 employees.",
        "Hilltop Stadium was built in 1968.",
        "Acme Robotics reportedly acquired Beta Labs.",
        "Acme Robotics is in talks with Beta Labs and plans to say that it acquired Gamma.",
        "Dana Whitlock, the former CTO of Acme Robotics, said so.",
        "Acme Robotics released a letter.",
    ],
)
def test_what_is_no_fact_about_it_on_other_sites(text: str) -> None:
    assert said(text, ACME) == []


def test_a_short_name_is_somebody_else() -> None:
    assert said("Ohio has 450 employees.", About(("Ohio State University",), own_site=True)) == []
    assert said("Miami has 450 employees.", About(("Miami University",))) == []
    assert said("Ohio State has 450 employees.", About(("Ohio State University",))) == [
        "Ohio State University has 450 employees."
    ]


def test_confidence_by_its_rule() -> None:
    def one(text: str, about: About, published: date | None) -> int:
        (fact,) = facts(text, about, published)
        return fact.confidence

    new, old = date(2026, 5, 1), date(2020, 5, 1)
    own = About(("Acme Robotics",), own_site=True)
    assert one("Acme Robotics has 450 employees.", own, new) == 5
    assert one("We have 450 employees.", own, new) == 4
    assert one("Acme Robotics has 450 employees.", ACME, new) == 4
    assert one("Acme Robotics has 450 employees.", ACME, old) == 3
    assert one("Acme Robotics has 450 employees.", ACME, None) == 3
    assert one("Acme Robotics has 450 employees, it said.", ACME, None) == 2


def test_values_and_fields() -> None:
    (built, seats) = facts("Hilltop Stadium was built in 1968 and seats about 4,500.")
    assert (built.field, built.values) == ("facility", {"year_built": 1968})
    assert (seats.kind, seats.values) == ("venue_seats", {"seats": 4500})
    assert {rule.field for rule in RULES} <= {str(field) for field in FactField}


def test_rules_take_no_time_on_hostile_lines() -> None:
    lines = [
        "Aa " * 160 + ".",
        "A" * 499 + ".",
        "Hilltop " * 60 + "Stadium" + ".",
        "The Aa of " * 45 + "was built.",
        "Aa, " * 120 + ".",
        "$1,1,1,1,1 " * 45 + "raised.",
        "Aa’s " * 95 + "joined.",
    ]
    text = "\n".join(lines * 20)
    assert re.search("Stadium", text)
    assert facts(text, About()) == []
