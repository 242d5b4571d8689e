"""The analyst's brief and call page: by rule they stand up to their checks, and what is made up is told."""

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from agents import analyst_brief, analyst_call
from agents.agent import Work
from agents.analyst_brief_policy import write as brief_by_rule
from agents.analyst_brief_schema import MOST, Brief, BriefLine
from agents.analyst_call_policy import policy as call_policy
from agents.analyst_call_policy import write as call_by_rule
from agents.analyst_call_schema import CallLine
from playbooks import load_playbook, playbook_names
from tools.analyst.points import Point

POINTS = [
    point.numbered(number)
    for number, point in enumerate(
        [
            Point("size", "25 people at 25 organisations."),
            Point("shares", "14 athletic directors, 11 CFOs."),
            Point("signals", "Live signals: funding at 3."),
            Point("test", "Tested: ask intensity."),
            Point("groups", "A (13): soft; B (12): direct."),
            Point("objection", 'Likeliest objection, of 14: "There is no money."'),
            Point("next", "Have 25 messages written: outreach run --batch 3."),
        ],
        start=1,
    )
]
MATERIAL: dict[str, Any] = {"seller": "Northlight", "points": POINTS}


def test_the_brief_by_rule_is_true() -> None:
    brief = brief_by_rule(MATERIAL)
    assert analyst_brief.problems(brief, MATERIAL) == []
    assert [line.text for line in brief.lines()] == [
        "25 people at 25 organisations. 14 athletic directors, 11 CFOs.",
        "Live signals: funding at 3.",
        "Tested: ask intensity. A (13): soft; B (12): direct.",
        'Likeliest objection, of 14: "There is no money."',
        "Have 25 messages written: outreach run --batch 3.",
    ]


def test_the_brief_by_rule_keeps_to_its_length() -> None:
    long = [Point("size", "word " * 30).numbered(n) for n in range(1, 9)]
    brief = brief_by_rule({"points": long})
    assert all(0 < len(line.text) <= MOST for line in brief.lines())


@pytest.mark.parametrize(
    "line",
    [
        BriefLine(text="26 people.", points=[1]),
        BriefLine(text="25 people.", points=[4]),
        BriefLine(text="Begin with Morgan Vale.", points=[1, 2, 3]),
        BriefLine(text="", points=[]),
        BriefLine(text="word " * 50, points=[]),
    ],
)
def test_a_brief_that_says_what_is_not_so_is_told(line: BriefLine) -> None:
    good = brief_by_rule(MATERIAL)
    assert len(analyst_brief.problems(good.model_copy(update={"who": line}), MATERIAL)) >= 1


def test_a_brief_has_five_lines() -> None:
    assert list(Brief.model_fields) == ["who", "why", "test", "watch", "first"]


def call(playbook: str, **changes: Any) -> dict[str, Any]:
    book = load_playbook(playbook)
    facts = {
        "sports-lighting": ("facility", "Harbor College plays its home football at Lakeside Field."),
        "qa-software": ("hiring_signals", "Harbor Labs has an opening for a QA Engineer."),
    }
    field, sentence = facts[playbook]
    name = "Harbor Labs" if playbook == "qa-software" else "Harbor College"
    persona = book.contact_personas[0]
    statements = [
        {"id": s.id, "kind": s.kind, "text": s.text, "topic": s.topic, "soft": s.soft, "follows": s.answers}
        for kind in ("pain", "value", "ask")
        for s in book.statements_of(kind, persona, "college_d3" if playbook == "sports-lighting" else "company")
        if not s.only_named and not s.for_touches and not s.needs_fact_words
    ]
    return {
        "contact": {"first_name": "Dana", "full_name": "Dana Reyes", "title": "Director", "persona": persona},
        "organisation": {"name": name, "city": None, "state": "OH"},
        "names": [name, "Lakeside Field"],
        "sender": {"name": book.sender.name, "company": book.sender.company},
        "points": [{"number": 1, "about": "fact", "says": sentence, "quote": sentence, "field": field}],
        "statements": statements,
        "said_so_far": [],
        "objection": None,
        **changes,
    }


def work(playbook: str) -> Work:
    return Work(db=None, playbook=load_playbook(playbook), run_id="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("playbook", playbook_names())
def test_the_page_by_rule_stands_up_to_its_check(playbook: str) -> None:
    material = call(playbook)
    sheet = call_by_rule(material)
    assert analyst_call.problems(sheet, material, work(playbook)) == []
    assert sheet.why_now[0].points == [1]
    assert sheet.opening.text.startswith("Hi Dana, this is ")
    assert len({line.text for line in sheet.questions}) == 3
    said = call_policy([HumanMessage(json.dumps(material))], tools=(), schema="CallSheet")
    assert json.loads(said.text) == sheet.model_dump(mode="json")


@pytest.mark.parametrize("playbook", playbook_names())
def test_where_nothing_is_known_no_reason_is_made_up(playbook: str) -> None:
    material = call(playbook, points=[])
    sheet = call_by_rule(material)
    assert sheet.why_now == []
    assert analyst_call.problems(sheet, material, work(playbook)) == []


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("opening", CallLine(text="Hi Dana. Your lamps are failing. Is that so?", points=[])),
        ("opening", CallLine(text="Hi Dana, Lakeside Field seats 9,000. Is that so?", points=[1])),
        ("opening", CallLine(text="Hi Dana, we saved Oberlin College a third. Is that of interest?", points=[])),
        ("voicemail", CallLine(text="Hi Dana, " + "more words " * 40, points=[])),
        ("why_now", [CallLine(text="They are about to buy.", points=[])]),
        ("why_now", [CallLine(text="Harbor College has 9 fields.", points=[1])]),
        ("questions", [CallLine(text="Tell me about it.", points=[])] * 3),
    ],
)
def test_a_page_with_something_made_up_is_told(part: str, line: Any) -> None:
    material = call("sports-lighting")
    sheet = call_by_rule(material).model_copy(update={part: line})
    assert analyst_call.problems(sheet, material, work("sports-lighting"))
