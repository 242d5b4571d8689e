"""Drafts from files: what is taken in, how it is read, and the schemas that the documents promise."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tools.qc.files import UnreadableDrafts, judge_drafts, read_drafts, under_check
from tools.qc.schema import DraftGiven, Judgement

DOCS = Path(__file__).parents[3] / "docs"
DAY = date(2026, 6, 15)
BODY = """Hi Jordan,

Lakeside Field at Harbor College was built in 1958, so it has probably seen more than one set of lamps. How old the \
current ones are, I could not find out.

We do a photometric study from plans and photos. Would a study like that be useful to have on file?

Best,
Dana Whitfield"""
DRAFT: dict[str, Any] = {
    "id": "7",
    "playbook": "sports-lighting",
    "recipient": {
        "name": "Jordan Reyes",
        "organisation": "Harbor College",
        "email": "j@harbor.example",
        "email_verified": True,
    },
    "facts": ["Lakeside Field at Harbor College was built in 1958."],
    "subject": "The lights at Lakeside Field",
    "body": BODY,
}


def rules_of(*drafts: dict[str, Any]) -> list[list[str]]:
    judged = judge_drafts(read_drafts(json.dumps(list(drafts))), today=DAY)
    return [[finding.rule for finding in each.findings] for each in judged]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DRAFT),
        json.dumps([DRAFT]),
        json.dumps({"playbook": "sports-lighting", "drafts": [{k: v for k, v in DRAFT.items() if k != "playbook"}]}),
        "\ufeff" + json.dumps(DRAFT) + "\n",
        json.dumps(DRAFT) + "\n\n" + json.dumps(DRAFT) + "\n",
        json.dumps({**DRAFT, "x": "\u2028"}, ensure_ascii=False) + "\r\n" + json.dumps(DRAFT),
    ],
)
def test_one_draft_a_list_or_lines(text: str) -> None:
    judged = judge_drafts(read_drafts(text), today=DAY)
    assert judged
    assert all((each.id, each.passed, each.findings) == ("7", True, []) for each in judged)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing in it"),
        ("{", "not JSON"),
        ("7", "neither a draft nor a list"),
        (json.dumps(DRAFT) + "\n{oops", "Line 2"),
        (json.dumps([{**DRAFT, "body": None, "recipient": 3}]), "draft 1, recipient"),
        (json.dumps({"subject": "x"}), "recipient"),
        (json.dumps({**DRAFT, "playbook": "tractors"}), "no playbook"),
        (json.dumps({**DRAFT, "channel": "pigeon"}), "pigeon"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, says: str) -> None:
    with pytest.raises(UnreadableDrafts, match=says):
        judge_drafts(read_drafts(text), today=DAY)


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"facts": [{"text": "Lakeside Field at Harbor College was built in 1958.", "date": "2026"}]}, []),
        ({"facts": "Lakeside Field at Harbor College was built in 1958."}, []),
        ({"do_not_contact": True}, ["recipient.do_not_contact"]),
        ({"recipient": {**DRAFT["recipient"], "status": "bounced"}}, ["recipient.bounced"]),
        ({"sender": {"opt_out": None}}, ["sender.opt_out"]),
        ({"sender": {"company": "Other Lights"}}, ["sender.postal_address"]),
        ({"touch": 2, "earlier_touches": [1, "A first note about something else."]}, []),
        ({"touch": 2, "earlier_touches": [{"touch": 2}]}, ["touch.sent"]),
        ({"subject": "Re: lights", "touch": 2}, []),
        ({"body": BODY + '\n\nNorthlight, 4 Foundry Street, Columbus\nReply "no thanks" and I will stop.'}, []),
    ],
)
def test_generous_reading(changes: dict[str, Any], rules: list[str]) -> None:
    assert rules_of({**DRAFT, **changes}) == [rules]


def test_drafts_of_a_batch_are_compared_and_others_are_not() -> None:
    other = {**DRAFT, "recipient": {**DRAFT["recipient"], "email": "k@harbor.example"}}
    assert rules_of(DRAFT, other) == [[], []]
    assert rules_of({**DRAFT, "batch": "b"}, {**other, "batch": "b"}) == [["likeness.batch"], ["likeness.batch"]]


def test_an_agents_draft_must_cite() -> None:
    assert "claim.none" in rules_of({**DRAFT, "author": "agent"})[0]
    claim = {"sentence": BODY.split("\n\n")[1].split(". ")[0], "fact_id": "nope"}
    assert "claim.unknown_fact" in rules_of({**DRAFT, "author": "agent", "claims": [claim]})[0]


def test_the_footer_of_the_program_follows_a_body_without_one() -> None:
    draft = under_check(read_drafts(json.dumps(DRAFT))[0], playbook=None, today=DAY)
    assert draft.body == f"{draft.text}\n\n{draft.footer}"
    assert draft.signer.postal_address in draft.footer


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("qc-draft", DraftGiven.model_json_schema(by_alias=False)),
        ("qc-judgement", TypeAdapter(list[Judgement]).json_schema()),
    ],
)
def test_the_schemas_are_those_of_the_code(name: str, schema: dict[str, Any]) -> None:
    """After a change on purpose (keys are only added): write `schema` to the file."""
    assert json.loads((DOCS / f"{name}.schema.json").read_text("utf-8")) == json.loads(json.dumps(schema))


def test_a_sentence_without_end_costs_no_more_than_its_length() -> None:
    """With all of a text looked at for each of its numbers this takes minutes, beyond the time limit."""
    body = "The lights have stood since 19" + " lights since 19" * 12_000
    judged = judge_drafts(read_drafts(json.dumps({**DRAFT, "body": body})), today=DAY)
    assert not judged[0].passed
