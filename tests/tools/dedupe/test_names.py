"""Names of organisations and people, taken apart and compared. Real names of institutions, invented people."""

import pytest

from tools.dedupe import likeness
from tools.dedupe.likeness import name_level
from tools.dedupe.names import another_person, organisation, person, same_person_name, sounds

CITY = frozenset


def level(one: str, other: str, city: str = "", other_city: str = "", state: str = "") -> int:
    here, there = ((frozenset(place.lower().split()), frozenset(state.lower().split())) for place in (city, other_city))
    return name_level(organisation(one), organisation(other), here, there)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Univ. of Akron", "University of Akron"),
        ("The Ohio State University-Main Campus", "Ohio State University"),
        ("St. Norbert College", "Saint Norbert College"),
        ("Alabama A & M University", "Alabama A&M University"),
        ("Florida A&M", "Florida Agricultural and Mechanical"),
        ("Wright St University", "Wright State University"),
        ("Penn State Behrend", "Pennsylvania State University-Behrend"),
        ("Oakmont Inc.", "OAKMONT, LLC"),
        ("Oakmont GmbH", "Oakmont"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert level(one, other) <= likeness.SPELLED


def test_what_a_name_may_lack() -> None:
    assert level("Abilene Christian", "Abilene Christian University") == likeness.KINDLESS
    assert level("Edward Waters College", "Edward Waters University") == likeness.OTHER_KIND
    assert level("UTRGV", "University of Texas Rio Grande Valley") == likeness.INITIALS
    assert level("Miami (OH)", "Miami University-Oxford", city="Oxford") == likeness.PLACE
    assert level("William Paterson", "William Paterson University of New Jersey", state="New Jersey") == likeness.PLACE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Indiana University-East", "Indiana University-Kokomo"),
        ("Michigan State University", "University of Michigan"),
        ("Eastern Illinois University", "Western Illinois University"),
        ("Rhode Island College", "University of Rhode Island"),
        ("Boise State University", "Boise Community College"),
        ("SUNY Buffalo", "SUNY Buffalo State"),
        ("Western Michigan University", "Western Michigan University School of Medicine"),
        ("Oakmont High School 12", "Oakmont High School 13"),
    ],
)
def test_sisters_and_campuses_are_others(one: str, other: str) -> None:
    assert level(one, other) >= likeness.LONGER


def test_the_state_in_parentheses_is_read() -> None:
    assert organisation("Miami (OH)").state == "OH"
    assert organisation("Miami (OH)").key == "miami"
    assert organisation("Oakmont (formerly Quarry)").state is None


def test_people() -> None:
    assert person("Dr. Dana M. Reyes, PhD") == ("dana", "reyes")
    assert person("Reyes, Dana") == ("dana", "reyes")
    assert person("Reyes") == ("", "reyes")
    assert same_person_name("bob", "robert")
    assert same_person_name("r", "robert")
    assert not same_person_name("bob", "william")
    assert sounds("smith") == sounds("smyth")


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        (("Susan", "Lee"), ("Spencer", "Lee"), True),
        (("Ted", "Mowbray"), ("Lena", "Pfau"), True),
        (("Bob", "Ansley"), ("Robert", "Ansley"), False),
        (("P.J.", "Rourke"), ("Patrick", "Rourke"), False),
        (("Kara", "Dunleavy"), ("Kara", "Oyelaran"), False),
        (("William", "Grant Teasdale"), ("Grant", "Teasdale"), False),
        (("Zhang", "Weilin"), ("William", "Zhang"), False),
        (("Femi", "Abara"), ("Oluwafemi", "Abara"), False),
        (("Jn", "Wisniewski"), ("Jon", "Wisniewski"), False),
        (("", "Reyes"), ("Dana", "Reyes"), False),
    ],
)
def test_whether_two_names_can_be_one_persons(one: tuple[str, str], other: tuple[str, str], another: bool) -> None:
    assert another_person(one, other) is another
    assert another_person(other, one) is another
