"""Small matters of English."""

import pytest

from tools.wording import article, capitalised, numbers_in, sentences, spelled_out, spoken_name, spoken_venue


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("engineer", "an"),
        ("QA Lead", "a"),
        ("SDET", "an"),
        ("MVP", "an"),
        ("UI engineer", "a"),
        ("user test", "a"),
        ("hour", "an"),
        ("university", "a"),
        ("one-off", "a"),
        ("tester", "a"),
        ("", "a"),
    ],
)
def test_article(phrase: str, expected: str) -> None:
    assert article(phrase) == expected


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Ohio State University-Main Campus", "Ohio State University"),
        ("University of Akron Main Campus", "University of Akron"),
        ("University of Pittsburgh-Pittsburgh Campus", "University of Pittsburgh"),
        ("Indiana University-Bloomington", "Indiana University Bloomington"),
        ("Saint Joseph's University - Philadelphia", "Saint Joseph's University Philadelphia"),
        ("Kent State University at Kent", "Kent State University"),
        ("Pennsylvania State University-Penn State Altoona", "Penn State Altoona"),
        ("Rose-Hulman Institute of Technology", "Rose-Hulman Institute of Technology"),
        ("Westminster College (PA)", "Westminster College"),
        ("Saint Mary-of-the-Woods College", "Saint Mary-of-the-Woods College"),
    ],
)
def test_a_name_as_one_says_it(name: str, spoken: str) -> None:
    assert spoken_name(name) == spoken


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Glass Bowl", "the Glass Bowl"),
        ("The Glass Bowl", "The Glass Bowl"),
        ("Dix Stadium", "Dix Stadium"),
        ("Holmgren Athletic Complex", "the Holmgren Athletic Complex"),
        ("Bowling Green Field", "Bowling Green Field"),
        ("Houchens Industries-L.T. Smith Stadium", "Houchens Industries-L.T. Smith Stadium"),
    ],
)
def test_a_venue_as_one_says_it(name: str, spoken: str) -> None:
    assert spoken_venue(name) == spoken
    assert capitalised(spoken_venue(name))[0].isupper()


def test_short_forms_in_full() -> None:
    assert spelled_out("Sr. QA Engineer, Jr Mgr") == "Senior QA Engineer, Junior Manager"
    assert spelled_out("Srinagar office") == "Srinagar office"


def test_numbers() -> None:
    assert numbers_in("102,780 and 102780, in 1969. 4.5") == {"102780", "1969", "4.5"}


def test_sentences_end_where_one_stops() -> None:
    text = "At St. Mary's it is dark. Is it? Dr. Lee says so.\nL. T. Smith agrees"
    assert sentences(text) == ["At St. Mary's it is dark.", "Is it?", "Dr. Lee says so.", "L. T. Smith agrees"]
