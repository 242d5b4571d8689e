"""Tenders as they are asked about: what is worth it, the prospects proposed, and what code refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from playbooks.feeds import load_bid_words
from tests.support.decisions import bids_by_rules
from tools.bids import Candidate, Matcher, Notice, Tender, Verdict, assess, read_feed, tenders_of
from tools.bids.items import PER_CALL, BidDecision, Item, candidates_of, item_of, settle, tender_of, worth_asking
from tools.bids.judging import decide
from tools.bids.notices import Place
from tools.prompt_chunks import prompt_chunks

WORDS = load_bid_words("sports-lighting")
PROSPECTS = [
    Candidate("a", "Kenyon College", "OH", "Gambier", aliases=("Kenyon",)),
    Candidate("b", "Mason High School", "OH", "Mason", venue_type="high_school_5a"),
    Candidate("c", "Mason High School", "TX", "Mason", venue_type="high_school_5a"),
]
DATA = Path(__file__).parent / "data"


def tender(title: str, buyer: str, *, state: str | None = "OH", text: str | None = None, key: str = "1") -> Tender:
    place = Place(state, None)
    given = {"source": "csv", "key": key, "notice_id": key, "title": title, "row": 1, "description": text}
    return Tender((Notice(**given, organisations=(buyer,), place=place),))


def decision(**given: Any) -> BidDecision:
    return BidDecision.model_validate({"number": 1, "relevance": 80, "words": "field lights", "reason": "why", **given})


MATCHER = Matcher(PROSPECTS, WORDS.match)
MASON = tender("Football field lights", "Mason High School")


def test_a_tender_without_a_word_of_the_trade_is_passed_over() -> None:
    asked: list[int] = []

    def ask(shown: list[dict[str, Any]]) -> list[BidDecision]:
        asked.append(len(shown))
        return bids_by_rules("sports-lighting", shown)

    tenders = [MASON, tender("Janitorial services", "City of Mason", key="2"), tender("Street lights near the ball "
               "field", "City of Mason", key="3")]  # fmt: skip
    decided = decide(tenders, WORDS, MATCHER, ask)
    assert (asked, decided.passed_over, decided.asked) == ([2], 1, 2)
    assert {key: one.status.value for (_source, key), one in decided.made.items()} == {
        "1": "matched",
        "3": "not_relevant",
    }


@pytest.mark.parametrize("name", ["sam_rows_labelled.csv", "sam_v2.json", "ocds_package.json"])
def test_the_rules_decide_alike_as_a_model_and_in_a_dry_run(name: str) -> None:
    for playbook in ("sports-lighting", "qa-software"):
        words = load_bid_words(playbook)
        matcher = Matcher(PROSPECTS, words.match)
        tenders = tenders_of(read_feed(DATA / name).notices)
        by_rules = {(one.tender.source, one.tender.key): one for one in assess(tenders, words, matcher)}
        decided = decide(tenders, words, matcher, lambda shown, p=playbook: bids_by_rules(p, shown))  # type: ignore[misc]
        assert decided.refused == []
        for key, one in decided.made.items():
            same = by_rules[key]
            assert (one.relevance.score, one.relevance.standing) == (same.relevance.score, same.relevance.standing)
            assert (one.match.verdict, one.match.candidate) == (same.match.verdict, same.match.candidate)
            if same.match.candidate is not None:
                assert one.match.confidence == same.match.confidence
        left = set(by_rules) - set(decided.made)
        assert {by_rules[key].relevance.standing for key in left} <= {"not_relevant"}


def test_a_tender_reads_back_as_it_was_shown() -> None:
    item = item_of(tender("Field lights", "Kenyon College", text="LED."), MATCHER)
    shown = json.loads(json.dumps(item.shown(1)))
    again = tender_of(shown)
    assert (again.title, again.description, again.organisations, again.place) == (
        item.tender.title, item.tender.description, item.tender.organisations, item.tender.place
    )  # fmt: skip
    assert [(one.name, one.aliases) for one in candidates_of(shown)] == [("Kenyon College", ("Kenyon",))]


def test_batches_are_short() -> None:
    items = [Item(tender("Field lights", "X", text="x" * 100), ()) for _n in range(11)]
    assert [len(batch) for batch in prompt_chunks(items, lambda item: item.letters, most=PER_CALL)] == [10, 1]
    long = [Item(tender("Field lights", "X", text="x" * 15_000), ()) for _n in range(2)]
    assert [len(batch) for batch in prompt_chunks(long, lambda item: item.letters, most=PER_CALL)] == [1, 1]
    assert worth_asking(items[0].tender, WORDS)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"number": 2}, "no tender has this number"),
        ({"prospect": 9}, "no prospect has this number"),
        ({"prospect": -1}, "no prospect has this number"),
        ({"words": "stadium lights"}, "its words do not stand in the tender"),
        ({"words": ""}, "its words do not stand in the tender"),
    ],
)
def test_what_a_tender_does_not_bear_is_refused(given: dict[str, Any], why: str) -> None:
    made, refused = settle([item_of(MASON, MATCHER)], [decision(**given)], WORDS)
    assert made == {}
    assert refused == [{"number": given.get("number", 1), "reason": why}]


def test_a_second_decision_on_one_tender_is_refused() -> None:
    made, refused = settle([item_of(MASON, MATCHER)], [decision(), decision(relevance=0)], WORDS)
    assert [one.relevance.score for one in made.values()] == [80]
    assert len(refused) == 1


def test_a_model_does_not_match_for_sure_across_states() -> None:
    item = item_of(MASON, MATCHER)
    assert [one.state for one in item.candidates] == ["OH", "TX"]
    ((ohio, texas),) = [
        [settle([item], [decision(prospect=n, confidence=97)], WORDS)[0]["csv", "1"].match for n in (1, 2)]
    ]
    assert (ohio.verdict, ohio.confidence) == (Verdict.MATCHED, 0.97)
    assert (texas.verdict, texas.confidence) == (Verdict.REVIEW, 0.8)
    assert "TX" in texas.evidence[-1]


def test_what_is_not_relevant_is_matched_to_nobody() -> None:
    made, _refused = settle([item_of(MASON, MATCHER)], [decision(relevance=10, prospect=1, confidence=99)], WORDS)
    assert made["csv", "1"].match.verdict is Verdict.NONE
