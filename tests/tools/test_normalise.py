from datetime import date

import pytest

from tools import normalise


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  Oak\u00a0mont\t College\u200b ", "Oak mont College"),
        ("N/A", None),
        ("--", None),
        ("", None),
        (None, None),
        ("Nan", None),
    ],
)
def test_clean(given: str | None, expected: str | None) -> None:
    assert normalise.clean(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://www.Oakmont.example/athletics?x=1", "oakmont.example"),
        ("oakmont.example/", "oakmont.example"),
        ("kim@mail.oakmont.example", "mail.oakmont.example"),
        ("http://oakmont.example:8080", "oakmont.example"),
        ("not a site", None),
        ("http://[::1", None),
        ("localhost", None),
    ],
)
def test_domain_of(given: str, expected: str | None) -> None:
    assert normalise.domain_of(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" Kim.Lee@Oakmont.EXAMPLE ", "kim.lee@oakmont.example"),
        ("mailto:kim@oakmont.example", "kim@oakmont.example"),
        ("kim@oakmont", None),
        ("kim lee@oakmont.example", None),
        ("a@b.example\nBcc: c@d.example", None),
    ],
)
def test_email(given: str, expected: str | None) -> None:
    assert normalise.email(given) == expected


def test_websites_and_linkedin_pages() -> None:
    assert normalise.website("www.oakmont.example/") == "https://www.oakmont.example/"
    assert normalise.website("http://oakmont.example") == "http://oakmont.example"
    assert normalise.website("kim@oakmont.example") is None
    page = "https://www.linkedin.com/in/kim-lee"
    assert normalise.linkedin("http://linkedin.com/in/kim-lee/?trk=x") == page
    assert normalise.linkedin("de.linkedin.com/in/kim-lee") == page
    assert normalise.linkedin("https://linkedin.com.evil.example/in/kim") is None


def test_states_and_the_territory() -> None:
    assert normalise.state_code("ohio") == "OH"
    assert normalise.state_code("Ky.") == "KY"
    assert normalise.state_code("Ontario") is None
    assert (normalise.territory("PA"), normalise.territory("NY"), normalise.territory(None)) == ("PA", "OTHER", "OTHER")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1,205", 1205),
        ("30000.0", 30000),
        ("12k", 12000),
        ("1.5M", 1_500_000),
        ("51-200", None),
        ("-1", None),
        ("x", None),
    ],
)
def test_whole_number(given: str, expected: int | None) -> None:
    assert normalise.whole_number(given) == expected


def test_dates_and_years() -> None:
    assert normalise.day("2026-08-01T10:00:00Z") == date(2026, 8, 1)
    assert normalise.day("8/1/2026") == date(2026, 8, 1)
    assert normalise.day("31/12/2026") is None
    assert normalise.year("1922.0") == 1922
    assert normalise.year("0") is None


@pytest.mark.parametrize(
    ("count", "band", "tier"),
    [
        (50, "1-50", "SMB"), (51, "51-200", "SMB"), (201, "201-1000", "Mid-Market"),
        (1001, "1001-5000", "Enterprise"), (5001, "5000+", "Enterprise"), (0, None, None), (None, None, None),
    ],
)  # fmt: skip
def test_bands_and_tiers(count: int | None, band: str | None, tier: str | None) -> None:
    assert normalise.employee_band(count) == band
    assert normalise.account_tier(count) == tier


def test_name_keys_bring_spellings_together_and_keep_campuses_apart() -> None:
    assert normalise.name_key("The Univ. of Oakmont") == normalise.name_key("University Oakmont")
    assert normalise.name_key("St. Mary's Coll") == normalise.name_key("Saint Marys College")
    assert normalise.name_key("Oakline, Inc.") == normalise.name_key("OAKLINE")
    assert normalise.name_key("Oakmont University-Main") != normalise.name_key("Oakmont University-East")


def test_person_name() -> None:
    assert normalise.person_name("Kim van der Berg") == ("Kim", "van der Berg")
    assert normalise.person_name("Kim") == ("Kim", "")
