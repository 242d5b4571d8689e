"""Items and decisions: what is worth asking, what the rules say over the wire, and what code refuses."""

import json
from datetime import date
from typing import Any

import pytest

from playbooks.feeds import load_signal_words
from tests.support.decisions import signals_by_rules
from tools.prompt_chunks import prompt_chunks
from tools.signals import Article, Opening, Texts, gather, scan
from tools.signals.items import PER_CALL, Item, SignalDecision, settle, subject_of

WORDS = load_signal_words("qa-software")
NEWS = "Acme Robotics raised $20 million in May 2026. It has no plans to hire a CTO."


def decision(**given: Any) -> SignalDecision:
    told: dict[str, Any] = {"number": 1, "type": "funding", "words": "raised $20 million", "confidence": 90}
    return SignalDecision.model_validate({**told, "reason": "it says so", **given})


def test_openings_that_nobody_would_take_for_testing_are_passed_over() -> None:
    openings = [
        Opening("Account Executive", "Acme", url="https://a.example/1"),
        Opening("Software Engineer", "Acme", "You own our regression suites in Cypress.", url="https://a.example/2"),
        Opening("QA Engineer", "Acme", location="Austin", url="https://a.example/3"),
        Opening("QA Engineer", "Acme", location="Berlin", url="https://a.example/4"),
        Opening("QA Engineer", "Acme", location="Berlin", url="https://a.example/4"),
        Opening("QA Engineer", "Globex", location="Berlin", url="https://g.example/1"),
    ]
    gathered = gather(Texts("openings", openings=openings), WORDS)
    assert (gathered.read, gathered.passed_over) == (6, 1)
    assert [(item.subject.organisation, len(item.alike)) for item in gathered.items] == [
        ("Acme", 0),
        ("Acme", 1),
        ("Globex", 0),
    ]
    settled = settle(gathered.items, signals_by_rules("qa-software", gathered.items), WORDS)
    assert [one.source_url for _account, one in settled.found] == [
        "https://a.example/3",
        "https://a.example/4",
        "https://g.example/1",
    ]


def test_the_rules_decide_alike_as_a_model_and_in_a_dry_run() -> None:
    texts = Texts(
        "news",
        openings=[Opening("SDET", "Acme", posted=date(2026, 9, 1)), Opening("Hardware Test Engineer", "Acme")],
        articles=[
            Article(NEWS, "Acme Robotics", "Acme grows", date(2026, 6, 1), "https://n.example/1"),
            Article("Globex named Lee Park CTO.", "Acme Robotics"),
            Article("Pinewood Labs secured $5 million from Fir Ventures."),
        ],
    )
    gathered = gather(texts, WORDS)
    settled = settle(gathered.items, signals_by_rules("qa-software", gathered.items), WORDS)
    made = scan(texts, WORDS)
    assert [one for _account, one in settled.found] == made.found
    assert settled.notes == made.notes
    assert {one.type for one in made.found} == {"qa_job_posting", "funding"}
    assert made.found[-1].organisation == "Pinewood Labs"


def test_batches_are_short_and_an_item_reads_back() -> None:
    items = [Item(Opening(f"QA Engineer {n}", "Acme", "x" * 100, "IT", "Austin")) for n in range(PER_CALL + 1)]
    assert [len(batch) for batch in prompt_chunks(items, lambda item: item.letters, most=PER_CALL)] == [PER_CALL, 1]
    long = [Item(Article("word " * 4000, "Acme")) for _n in range(3)]
    assert [len(batch) for batch in prompt_chunks(long, lambda item: item.letters, most=PER_CALL)] == [1, 1, 1]
    shown = json.loads(json.dumps(items[0].shown(7)))
    assert shown["number"] == 7
    assert subject_of(shown) == items[0].subject


def test_a_long_text_is_asked_about_in_parts_and_its_sentences_stay_whole() -> None:
    text = "Nothing happened here today. " * 1000 + "Acme Robotics raised $20 million."
    gathered = gather(Texts("news", articles=[Article(text, "Acme Robotics", "Acme")]), WORDS)
    assert len(gathered.items) > 1
    settled = settle(gathered.items, signals_by_rules("qa-software", gathered.items), WORDS)
    assert [one.evidence for _account, one in settled.found] == ["Acme Robotics raised $20 million."]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"number": 3}, "no item has this number"),
        ({"number": 0}, "no item has this number"),
        ({"words": "raised $90 million"}, "its words do not stand in the item"),
        ({"number": 2, "words": "QA Engineer"}, "an opening is no signal of this type"),
    ],
)
def test_what_an_item_does_not_bear_is_refused(given: dict[str, Any], why: str) -> None:
    items = [Item(Article(NEWS, "Acme Robotics")), Item(Opening("QA Engineer", "Acme"))]
    settled = settle(items, [decision(**given)], WORDS)
    assert settled.found == []
    assert [one["reason"] for one in settled.refused] == [why]


def test_a_type_that_the_playbook_does_not_know_is_refused() -> None:
    words = load_signal_words("sports-lighting")
    items = [Item(Article("Acme is hiring an SDET.", "Acme"))]
    settled = settle(items, [decision(type="qa_job_posting", words="hiring an SDET")], words)
    assert [one["reason"] for one in settled.refused] == ["the playbook knows no signals of this type"]


def test_the_whole_sentence_is_the_evidence_and_the_surer_of_two_counts() -> None:
    items = [Item(Article(NEWS, "Acme Robotics", None, date(2026, 6, 1)), "account")]
    said = [decision(confidence=60), decision(words="RAISED  $20 million", confidence=80), decision(type="none")]
    settled = settle(items, said, WORDS)
    ((account, found),) = settled.found
    assert (account, found.sure, found.evidence) == ("account", 0.8, "Acme Robotics raised $20 million in May 2026.")
    assert [note.reason for note in settled.notes] == ["it says so"]


def test_a_name_that_the_text_has_not_is_nobodys() -> None:
    items = [Item(Article("Fir Ventures gave Pinewood Labs $5 million.", None))]
    names = ("Pinewood Labs", "Globex")
    found = [
        settle(items, [decision(words="gave Pinewood Labs", organisation=name)], WORDS).found[0][1] for name in names
    ]
    assert [one.organisation for one in found] == ["Pinewood Labs", None]
