"""Whose a tender is: look-alikes stay apart, and what is short of certain goes to a person."""

import pytest

from playbooks.feeds import load_bid_words
from tools.bids import Candidate, Match, Matcher, Notice, Tender, Verdict, link_rebids, tenders_of
from tools.bids.names import parse
from tools.bids.notices import Place
from tools.normalise import day

LIMITS = load_bid_words("sports-lighting").match
PROSPECTS = [
    Candidate("mason", "Mason High School", "OH", "Mason"),
    Candidate("east", "Lakota East High School", "OH", "Liberty Township"),
    Candidate("west", "Lakota West High School", "OH", "West Chester"),
    Candidate("oxford", "Miami University-Oxford", "OH", "Oxford"),
    Candidate("hamilton", "Miami University-Hamilton", "OH", "Hamilton"),
    Candidate("iu", "Indiana University-Bloomington", "IN", "Bloomington"),
    Candidate("iup", "Indiana University of Pennsylvania-Main Campus", "PA", "Indiana"),
    Candidate("kenyon", "Kenyon College", "OH", "Gambier", "kenyon.example"),
    Candidate("bgsu", "Bowling Green State University-Main Campus", "OH", "Bowling Green", None, ("BGSU",)),
    Candidate("psu", "Pennsylvania State University-Main Campus", "PA", "University Park"),
    Candidate("union", "Union College", "KY", "Barbourville"),
    Candidate("central", "Central High School", "OH", "Columbus"),
]


def match(name: str, state: str | None, city: str | None = None, title: str = "Lights", **more: str) -> Match:
    domains = (more["domain"],) if "domain" in more else ()
    place = Place(state, city)
    notice = Notice("csv", "k", "n", title, (name,), 1, place=place, domains=domains)
    return Matcher(PROSPECTS, LIMITS).match(Tender((notice,)))


@pytest.mark.parametrize(
    ("name", "state", "city", "title", "whose"),
    [
        ("Mason City Schools", "OH", "Mason", "Mason High School stadium lights", "mason"),
        ("Lakota Local School District", "OH", None, "Lakota East High School lights", "east"),
        ("Miami University-Oxford", "OH", None, "Lights", "oxford"),
        ("Indiana University", "IN", "Bloomington", "Lights", "iu"),
        ("Indiana University of Pennsylvania", "PA", None, "Lights", "iup"),
        ("BGSU", "OH", None, "Lights", "bgsu"),
        ("Bowling Green State Univ. - Purchasing", "OH", None, "Lights", "bgsu"),
        ("Board of Trustees of Kenyon College", "OH", None, "Lights", "kenyon"),
        ("Kenyon College, Gambier, OH", None, None, "Lights", "kenyon"),
        ("Penn State", "PA", None, "Lights", "psu"),
        ("Central High School", "OH", "Columbus", "Lights", "central"),
    ],
)
def test_matched(name: str, state: str | None, city: str | None, title: str, whose: str) -> None:
    found = match(name, state, city, title)
    assert found.verdict is Verdict.MATCHED, found
    assert found.candidate is not None
    assert found.candidate.id == whose
    assert found.evidence


@pytest.mark.parametrize(
    ("name", "state", "city"),
    [
        ("Mason City Schools", "OH", "Mason"),  # the district, not its school
        ("Lakota Local School District", "OH", None),  # two schools
        ("Miami University", "OH", None),  # two campuses
        ("Union College", None, None),  # there is one in New York and in Nebraska
        ("Central High School", "OH", None),
    ],
)
def test_a_person_is_asked(name: str, state: str | None, city: str | None) -> None:
    found = match(name, state, city)
    if name == "Central High School":
        assert found.verdict is Verdict.MATCHED
        found = match(name, None)
    assert found.verdict is Verdict.REVIEW, found
    assert LIMITS.review_from <= found.confidence < LIMITS.match_from


@pytest.mark.parametrize(
    ("name", "state", "city"),
    [
        ("Mason City Community School District", "IA", "Mason City"),
        ("Mason Public Schools", "MI", "Mason"),
        ("University of Miami", "FL", "Coral Gables"),
        ("Union College", "NY", "Schenectady"),
        ("Kenyon County", "OH", None),
        ("University System of Indiana", "IN", None),
        ("LIBRARY OF CONGRESS", "DC", None),
    ],
)
def test_look_alikes_are_not_matched(name: str, state: str, city: str | None) -> None:
    assert match(name, state, city).verdict is Verdict.NONE


def test_another_buyer_that_names_a_prospect_is_for_review() -> None:
    found = match("Knox County", "OH", None, "Ballfield lights at Kenyon College")
    assert found.verdict is Verdict.REVIEW
    assert found.evidence[0] == "the title names 'Kenyon College', but another buys"


def test_the_buyers_domain_is_strong_evidence() -> None:
    found = match("Purchasing Office", None, domain="kenyon.example")
    assert found.verdict is Verdict.MATCHED
    assert found.evidence == ("the buyer's domain is kenyon.example",)


def test_rivals_of_equal_strength_go_to_a_person() -> None:
    twins = [Candidate("a", "Trinity College", "OH"), Candidate("b", "Trinity College", "OH")]
    tender = Tender((Notice("csv", "k", "n", "Lights", ("Trinity College",), 1, place=Place("OH")),))
    found = Matcher(twins, LIMITS).match(tender)
    assert found.verdict is Verdict.REVIEW
    assert found.others[0][0].id == "b"


@pytest.mark.parametrize(
    ("text", "kind", "state"),
    [
        ("Mason City School District", "district", None),
        ("Plainfield CUSD 202", "district", None),
        ("MSD of Wayne Township Schools, Indiana", "district", "IN"),
        ("Miami (OH)", "other", "OH"),
        ("Boston College High School", "high_school", None),
        ("High Point University", "college", None),
        ("University System of Georgia", "system", None),
        ("City of Columbus, Ohio", "government", "OH"),
    ],
)
def test_names_taken_apart(text: str, kind: str, state: str | None) -> None:
    name = parse(text)
    assert (name.kind, name.state) == (kind, state)


def rebid_of(second_title: str, *, first_stage: str = "open", posted: str = "2026-11-01", text: str = "") -> object:
    first = Notice(
        "csv", "1", "n1", "Athletic Field Lighting", ("Kenyon College",), 1, stage=first_stage,  # type: ignore[arg-type]
        number="RFP-2026-0041", posted=day("2026-09-01"), due=day("2026-10-01"), order="1")  # fmt: skip
    second = Notice("csv", "2", "n2", second_title, ("Kenyon College",), 2, description=text or None,
                    number="RFP-2026-0099", posted=day(posted), order="2")  # fmt: skip
    link = link_rebids(tenders_of([first, second])).get(("csv", "2"))
    return link and (link.key, link.relation, link.sure)


def test_rebids_are_linked_and_not_merged() -> None:
    assert rebid_of("Athletic Field Lighting (Rebid)") == ("1", "rebid", 0.9)
    assert rebid_of("Athletic Field Lighting") == ("1", "rebid", 0.7)
    assert rebid_of("Athletic Field Lighting", first_stage="awarded") is None
    assert rebid_of("Athletic Field Lighting", posted="2028-01-01") is None
    assert rebid_of("Roof repair") is None
    assert rebid_of("Lights", text="This replaces RFP-2026-0041, which was cancelled.") == ("1", "rebid", 0.95)
