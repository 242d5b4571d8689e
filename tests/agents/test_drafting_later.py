"""Messages after the first, by rule: each brings something new, nothing is said to anybody twice, every kind fits."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from agents.drafting_policy import policy, write
from agents.drafting_said import SaidBefore
from playbooks import load_playbook
from playbooks.sequences import TouchKind, kind_of
from tools.drafting.brief import may_be_said
from tools.wording import sentences

LIGHTS, TESTING = load_playbook("sports-lighting"), load_playbook("qa-software")
SCHOOL = [
    ("facility", "Harbor State plays its home football at Lakeside Field."),
    ("facility", "Lakeside Field was built in 1931."),
    ("facility", "Lakeside Field seats 9,100."),
    ("facility", "The surface at Lakeside Field is artificial turf."),
    ("company_metrics", "Harbor State plays football in the Big Lake."),
    ("company_metrics", "Harbor State University has 8,200 undergraduates."),
]
COMPANY = [
    ("company_metrics", "Tidepool has about 700 employees."),
    ("hiring_signals", "Tidepool has an opening for a Test Engineer in Leeds."),
]


def brief(playbook: Any, touch: int, tier: str, kind: TouchKind | None = None, **more: Any) -> dict[str, Any]:
    """What make_brief gathers, without a database."""
    lights = playbook is LIGHTS
    persona, venue = ("Athletic Director", "college_d1") if lights else ("QA Director", "company")
    step = playbook.steps_of(tier)[touch - 1]
    kind = kind or kind_of(touch, step.touch, note=step.note)
    ordinary = kind not in ("reply", "re_engagement")
    edition = (playbook.edition_for(tier, touch) if ordinary else None) or playbook.edition_of_kind(kind)
    facts = [
        {"number": n, "field": field, "sentence": text, "quote": text}
        for n, (field, text) in enumerate(SCHOOL if lights else COMPANY, start=1)
    ]
    said = " ".join(fact["sentence"] for fact in facts)
    intent = (more.get("they_wrote") or {}).get("intent")
    statements = [
        {**s.model_dump(), "follows": s.answers, "preferred": s.id in edition.use}
        for name in {s.kind for s in playbook.statements}
        for s in playbook.statements_of(name, persona, venue)
        if may_be_said(s, kind, edition.use, said, intent)
    ]
    statements.sort(key=lambda s: s["id"])
    return {
        "contact": {"first_name": "Jo", "persona": persona},
        "organisation": {"name": "Harbor State University" if lights else "Tidepool"},
        "sender": {"name": playbook.sender.name, "company": playbook.sender.company},
        "touch": {
            "number": touch,
            "kind": kind,
            "channel": step.channel,
            "most_characters": 300 if kind == "note" else None,
        },
        "facts": facts,
        "statements": statements,
        "template": {"subject": edition.subject, "body": edition.body.strip()},
        "said_before": [],
        "earlier": None,
        "seed": "x",
        **more,
    }


def told(draft: Any, touch: int, channel: str = "email") -> dict[str, Any]:
    facts = sorted({claim.fact for claim in draft.claims})
    return {"touch": touch, "channel": channel, "subject": draft.subject, "body": draft.body, "facts": facts}


def whole(playbook: Any, tier: str, touches: list[int], **more: Any) -> list[tuple[dict[str, Any], Any]]:
    """All messages of a sequence, each written knowing those before it."""
    before: list[dict[str, Any]] = []
    found = []
    for touch in touches:
        material = brief(playbook, touch, tier, said_before=list(before), **more)
        draft = write(material)
        before.append(told(draft, touch, material["touch"]["channel"]))
        found.append((material, draft))
    return found


SEQUENCES = [
    pytest.param(LIGHTS, "A2", [1, 2, 3], id="lights A2"),
    pytest.param(LIGHTS, "B", [1, 2], id="lights B"),
    pytest.param(TESTING, "A1", [1, 2, 3, 4, 5, 6], id="testing A1"),
    pytest.param(TESTING, "A2", [1, 2, 3, 4, 5], id="testing A2"),
    pytest.param(TESTING, "B", [1, 2, 3, 4], id="testing B"),
]


@pytest.mark.parametrize(("playbook", "tier", "touches"), SEQUENCES)
@pytest.mark.parametrize("seed", range(6))
def test_no_sentence_is_said_twice_and_each_touch_brings_something(
    playbook: Any, tier: str, touches: list[int], seed: int
) -> None:
    drafts = [draft for _, draft in whole(playbook, tier, touches, seed=str(seed))]
    seen: set[str] = set()
    for draft in drafts:
        lines = [s for line in draft.body.split("\n") for s in sentences(line)]
        said = {s for s in lines if len(s.split()) >= 4 and not s.startswith("Hi Jo")}
        assert not said & seen, said & seen
        assert said
        seen |= said
    hooks = [draft.pain_hook for draft in drafts if draft.pain_hook]
    assert len(hooks) == len(set(hooks))
    assert len({draft.subject for draft in drafts if draft.subject}) == sum(bool(d.subject) for d in drafts)
    for first, second in pairwise(d for d in drafts if d.pain_hook):
        assert (first.pain_hook, first.proof_point) != (second.pain_hook, second.proof_point)


@pytest.mark.parametrize(("playbook", "tier", "touches"), SEQUENCES)
@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_touch_keeps_to_its_form(playbook: Any, tier: str, touches: list[int], seed: int) -> None:
    for material, draft in whole(playbook, tier, touches, seed=str(seed)):
        kind, words = material["touch"]["kind"], len(draft.body.split())
        least, most = playbook.words_of(kind)
        assert least <= words <= most, (kind, words, draft.body)
        assert draft.body.startswith("Hi Jo,")
        assert (draft.subject == "") == (kind in ("note", "call"))
        name = material["organisation"]["name"]
        assert any(n in f"{draft.subject}\n{draft.body}" for n in (name, "Harbor State", "Lakeside Field"))
        assert draft.body.count("?") == (0 if kind == "breakup" else 1), draft.body
        assert not [p for p in playbook.message.forbidden_phrases if p.lower() in draft.body.lower()]
        assert all(claim.sentence in draft.body for claim in draft.claims)
        if kind == "note":
            assert len(draft.body) <= 300
        if kind == "call":
            assert playbook.sender.company in draft.body
            assert "Best," not in draft.body


def test_a_note_that_would_be_too_long_takes_what_is_shorter() -> None:
    material = brief(TESTING, 2, "A1")
    for statement in material["statements"]:
        if statement["kind"] == "ask":
            statement["preferred"] = True
    long = {
        **material["statements"][0],
        "id": "ask-long",
        "kind": "ask",
        "soft": True,
        "preferred": True,
        "follows": [],
    }
    long["text"] = "Is this " + "rather " * 12 + "long?"
    material["facts"][1]["sentence"] = "Tidepool has an opening for a " + "Very " * 20 + "Senior Test Engineer."
    material["statements"].append(long)
    for seed in range(12):
        assert len(write({**material, "seed": str(seed)}).body) <= 300


def test_a_follow_up_tells_a_fact_that_the_first_did_not() -> None:
    """The cameras' need of even light goes with the conference; the years and seats were told."""
    first = {"touch": 1, "subject": "x", "body": "Hi Jo,\n\nx", "facts": [1, 2, 3]}
    draft = write(brief(LIGHTS, 2, "A2", said_before=[first]))
    assert draft.pain_hook == "pain-broadcast"
    assert {claim.fact for claim in draft.claims} == {1, 5}
    assert "Big Lake football at Lakeside Field" in draft.body
    told_all = {**first, "facts": [1, 2, 3, 4, 5, 6]}
    reminded = write(brief(LIGHTS, 2, "A2", said_before=[told_all]))
    assert {claim.fact for claim in reminded.claims} == {1}
    assert "undergraduates" not in reminded.body


def test_a_follow_up_tells_a_fact_that_no_pattern_reads() -> None:
    """Of the facts in another model's words, the first that was not told; none is told twice."""
    news = [
        {
            "number": 1,
            "field": "facility",
            "sentence": "Hollis replaced the poles at its north field in 2019.",
            "quote": "x",
        },
        {"number": 2, "field": "company_news", "sentence": "The board of Hollis heard about new lights.", "quote": "y"},
    ]
    first = {"touch": 1, "subject": "x", "body": "Hi Jo,\n\nx", "facts": [1]}
    draft = write(brief(LIGHTS, 2, "A2", facts=news, said_before=[first]))
    assert [(claim.sentence, claim.fact) for claim in draft.claims] == [(news[1]["sentence"], 2)]
    assert news[1]["sentence"] in draft.body
    silent = write(brief(LIGHTS, 2, "A2", facts=news, said_before=[{**first, "facts": [1, 2]}]))
    assert silent.claims == []


def test_a_literal_sentence_of_a_template_is_not_repeated_either() -> None:
    literal = "I've reached out about lighting for Lakeside Field and understand if the timing isn't right."
    before = [{"touch": 1, "subject": "x", "body": f"Hi Jo,\n\nI'll keep this brief - {literal}", "facts": [1]}]
    assert literal not in write(brief(LIGHTS, 3, "A2", said_before=before)).body
    assert literal in write(brief(LIGHTS, 3, "A2")).body


def test_short_sentences_may_come_again() -> None:
    said = SaidBefore([{"body": "Thank you.\nThis one was said before."}])
    assert (
        said.without_repeats("Thank you. This one was said before. New.\n\nThis one was said before?")
        == "Thank you. New."
    )


@pytest.mark.parametrize(
    ("playbook", "intent", "words", "ask"),
    [
        (LIGHTS, "positive", "a plan of the field", "Could you send me those, or tell me who would have them?"),
        (TESTING, "positive", "a test that you already have", "Could you send me one, or tell me who would pick it?"),
        (LIGHTS, "referral", "pointing me on", "May I mention your name?"),
        (TESTING, "referral", "pointing me on", "May I mention your name?"),
        (LIGHTS, "not_now", "put it down for later", None),
        (TESTING, "not_now", "put it down for later", None),
    ],
)
def test_a_reply_is_answered_first_and_asked_for_one_step_at_most(
    playbook: Any, intent: str, words: str, ask: str | None
) -> None:
    for seed in range(20):
        draft = write(brief(playbook, 1, "A1", "reply", they_wrote={"intent": intent, "text": "…"}, seed=str(seed)))
        assert draft.body.split("\n\n")[1].startswith("Thank you")
        assert words in draft.body
        assert re.findall(r"[^.?\n]+\?", draft.body) == ([ask] if ask else [])


def test_a_later_time_is_remembered() -> None:
    draft = write(brief(LIGHTS, 2, "A1", "re_engagement", said_before=[{"touch": 1, "body": "x", "facts": [1]}]))
    assert "You asked me to come back" in draft.body
    assert draft.subject.endswith("as you asked")


def rejected(draft: Any, reason: str) -> dict[str, Any]:
    return {
        "version": 1,
        "subject": draft.subject,
        "body": draft.body,
        "rejected_because": reason,
        "all_rejections": [reason],
        "qc_flags": [],
    }


@pytest.mark.parametrize("reason", ["too long", "meh", "too pushy", "say less of us"])
@pytest.mark.parametrize(
    ("playbook", "tier", "touch"), [(LIGHTS, "A2", 2), (LIGHTS, "A2", 3), (TESTING, "B", 2), (TESTING, "B", 4)]
)
def test_a_rejection_changes_the_text(playbook: Any, tier: str, touch: int, reason: str) -> None:
    material = brief(playbook, touch, tier)
    draft = write(material)
    again = write({**material, "earlier": rejected(draft, reason)})
    assert (again.subject, again.body) != (draft.subject, draft.body)
    assert again.body.startswith("Hi Jo")
    assert reason in again.note
    if reason == "too long":
        assert len(again.body.split()) < len(draft.body.split())


def test_what_was_asked_of_an_earlier_message_holds_for_later_ones() -> None:
    before = [{"touch": 1, "subject": "x", "body": "x", "facts": [1]}]
    material = brief(LIGHTS, 2, "A2", said_before=before)
    assert write(material).pain_hook
    wished = write({**material, "asked_of_earlier_messages": ["do not lecture me on metal halide"]})
    assert wished.pain_hook is None
    assert wished.proof_point


SHORTER = {"asked_of_earlier_messages": ["Shorter, please"]}


@pytest.mark.parametrize("playbook", [LIGHTS, TESTING], ids=["lights", "testing"])
def test_a_short_message_does_not_ask_about_what_it_left_out(playbook: Any) -> None:
    for seed in range(30):
        draft = write(brief(playbook, 1, "A2", seed=str(seed), **SHORTER))
        assert draft.pain_hook is None
        assert not re.search(r"\bany of th", draft.body), draft.body


@pytest.mark.parametrize("playbook", [LIGHTS, TESTING], ids=["lights", "testing"])
def test_a_short_follow_up_keeps_the_problem_that_it_is_about(playbook: Any) -> None:
    step = next(number for number, step in enumerate(playbook.steps_of("A1"), start=1) if number > 1 and not step.note)
    for seed in range(30):
        first = write(brief(playbook, 1, "A1", seed=str(seed), **SHORTER))
        draft = write(brief(playbook, step, "A1", "followup", seed=str(seed), said_before=[told(first, 1)], **SHORTER))
        assert draft.pain_hook, draft.body
        assert draft.proof_point is None, "what is done about another problem would follow on nothing"


def test_the_likely_objection_leads_the_choice() -> None:
    before = [{"touch": 1, "subject": "x", "body": "x", "facts": [1]}]
    likely = {
        "likely": "New poles?",
        "response": "Existing suites of Selenium and Playwright are taken over as they are.",
    }
    points = set()
    for seed in range(8):
        material = brief(TESTING, 4, "A1", said_before=before, seed=str(seed))
        for statement in material["statements"]:
            if statement["kind"] == "value":
                statement["follows"] = []
        points.add(write({**material, "objection": likely}).proof_point)
    assert points == {"value-import"}


@pytest.mark.parametrize(
    ("variable", "value", "holds"),
    [
        ("pain_hook", "pain-spill", lambda d: d.pain_hook == "pain-spill"),
        ("ask_intensity", "soft", lambda d: d.ask_style == "soft_offer"),
        ("ask_intensity", "direct", lambda d: d.ask_style == "direct_ask"),
        ("message_length", "short", lambda d: d.pain_hook is None and len(d.body.split()) < 80),
        ("proof_point_style", "mechanism", lambda d: d.proof_point in STYLES["mechanism"]),
        ("proof_point_style", "service", lambda d: d.proof_point in STYLES["service"]),
    ],
)
def test_an_experiment_steers_by_group(variable: str, value: str, holds: Any) -> None:
    for seed in range(8):
        material = brief(LIGHTS, 1, "A2", seed=str(seed))
        if variable == "proof_point_style":
            for statement in material["statements"]:
                if statement["kind"] == "value":
                    statement["follows"] = []
        assert holds(write({**material, "variant": {"variable": variable, "value": value, "asks": ""}}))


STYLES = {
    style: {s.id for s in LIGHTS.statements if s.kind == "value" and s.style == style}
    for style in ("mechanism", "service")
}


def test_the_policy_reads_nothing_but_the_messages() -> None:
    material = brief(TESTING, 3, "A1")
    messages = [SystemMessage("x"), HumanMessage(json.dumps(material, default=str))]
    assert policy(messages, tools=(), schema="DraftAnswer").text == write(material).model_dump_json()
