"""Which tenders matter to whom: relevance with its reasons, and the 40 labelled notices of SAM.gov."""

import csv
from pathlib import Path

import pytest

from playbooks.feeds import load_bid_words
from samples import load_manifest, sample_dir
from tools.bids import Matcher, Verdict, assess, read_feed, tenders_of
from tools.bids.prospects import candidates_in
from tools.bids.relevance import judge_text

DATA = Path(__file__).parent / "data"

LIGHTING = [
    "Replace Softball Field Lights, Building 1200 Complex",
    "Athletic Field Lighting Improvements",
    "LED Retrofit of Stadium Lights",
    "Furnish and install Musco light poles at Veterans Park",
    "Tennis Court Lighting Replacement",
    "Repair running track and install lighting",
    "Ballfield light replacement",
]
NOT_LIGHTING = [
    "Streetlight LED conversion",
    "Parking lot lighting at stadium garage",
    "Airfield lighting repairs, Runway 18/36",
    "Office LED lighting retrofit",
    "Stadium Drive street lighting",
    "Traffic signal lights, Main St and Field Rd",
    "Light duty trucks",
    "Football helmets and uniforms",
    "Field office trailer rental",
]
TESTING = [
    "Software Testing Services",
    "Independent Verification and Validation (IV&V) for Medicaid system",
    "Automated regression testing tool subscription",
    "QA and testing for statewide ERP implementation",
    "User acceptance testing support for new licensing system",
    "Performance testing of web portal before open enrollment",
    "Enterprise test management platform",
    "Managed testing services for eCommerce and mobile app",
]
NOT_TESTING = [
    "Concrete and soils materials testing",
    "Indoor air quality testing",
    "Drug and alcohol testing services",
    "Fire alarm testing and inspection",
    "Construction quality assurance",
    "Standardized testing for students",
    "Penetration testing",
    "Load testing of cranes",
    "Automated test equipment for avionics",
    "Calibration and test software for oscilloscopes",
]


@pytest.mark.parametrize(
    ("playbook", "title", "relevant"),
    [("sports-lighting", t, True) for t in LIGHTING]
    + [("sports-lighting", t, False) for t in NOT_LIGHTING]
    + [("qa-software", t, True) for t in TESTING]
    + [("qa-software", t, False) for t in NOT_TESTING],
)
def test_titles(playbook: str, title: str, relevant: bool) -> None:
    found = judge_text(title, "", (), load_bid_words(playbook))
    assert found.standing == ("relevant" if relevant else "not_relevant"), found


def test_the_reasons_quote_what_they_rest_on() -> None:
    words = load_bid_words("sports-lighting")
    found = judge_text("Stadium lighting", "Street lighting too. New soccer lights.", [("naics", "238210")], words)
    assert found.score == 95
    assert found.reasons[0] == "the title speaks of lighting of an outdoor sports place: 'Stadium lighting' (+75)"
    assert "NAICS 238210, electrical contractors (+10)" in found.reasons
    assert judge_text("Gymnasium LED lighting", "", (), words).standing == "doubtful"


def test_words_in_two_sentences_are_no_pair() -> None:
    words = load_bid_words("sports-lighting")
    assert judge_text("Renovation", "New lights in the hall. Stadium seats.", (), words).standing == "not_relevant"
    assert judge_text("Renovation", "New lights for the stadium seats", (), words).standing == "relevant"


@pytest.mark.parametrize(("playbook", "column"), [("qa-software", "about_qa"), ("sports-lighting", "about_lighting")])
def test_the_labelled_notices(playbook: str, column: str) -> None:
    file = DATA / "sam_rows_labelled.csv"
    with file.open(newline="", encoding="utf-8") as opened:
        labels = {row["sam_url"]: row[column] == "1" for row in csv.DictReader(opened)}
    words = load_bid_words(playbook)
    organisations = next(one for one in load_manifest(playbook).files if one.what == "organisations")
    matcher = Matcher(candidates_in(sample_dir(playbook) / organisations.name), words.match)
    wrong = [
        one.tender.title
        for one in assess(tenders_of(read_feed(file).notices), words, matcher)
        if (one.relevance.standing == "relevant") != any(labels[n.url or ""] for n in one.tender.notices)
        or one.match.verdict is not Verdict.NONE
    ]
    assert len(labels) == 40
    assert wrong == []
