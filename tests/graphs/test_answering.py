"""Both shapes of an answer to an approval's interrupt, and what is refused of them."""

from datetime import date
from typing import Any

import pytest

from graphs.answering import LONGEST, NotAnAnswer, read_answer

SHOWN = {
    "draft_id": "d1",
    "version": 2,
    "hash": "a" * 64,
    "channel": "email",
    "recipient": "lee@hilltop.example",
    "subject": "The lights",
    "body": "Hi Lee,\n\nA question.",
    "reason": "",
}
NAMED = {"draft_id": "d1", "version": 2, "hash": "a" * 64}
APPROVED = {**NAMED, "decision": "approve"}
CHANGED = {**SHOWN, "body": "Hi Lee,\r\n\r\nAnother question.", "reason": "shorter"}
EDITED = {
    **NAMED,
    "decision": "edit",
    "subject": "The lights",
    "body": "Hi Lee,\n\nAnother question.",
    "reason": "shorter",
}
SKIPPED = {**NAMED, "decision": "skip", "until": "2026-03-09"}


def inbox(kind: str, args: Any = None) -> list[dict[str, Any]]:
    """An answer as Agent Inbox sends it."""
    return [{"type": kind, "args": args}]


def action(args: dict[str, Any], name: str = "send_message") -> dict[str, Any]:
    return {"action": name, "args": args}


def hitl(kind: str, **more: Any) -> dict[str, Any]:
    """An answer in the shape of LangChain's human-in-the-loop middleware."""
    return {"decisions": [{"type": kind, **more}]}


def edited(args: dict[str, Any], name: str = "send_message") -> dict[str, Any]:
    return hitl("edit", edited_action={"name": name, "args": args})


def read(given: Any, *, only_one_shown: bool = True) -> dict[str, Any]:
    return read_answer(given, SHOWN, only_one_shown=only_one_shown, today=date(2026, 3, 2))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Agent Inbox turns all arguments into strings.
        (inbox("accept", action({name: str(value) for name, value in SHOWN.items()})), APPROVED),
        (inbox("accept", action({**SHOWN, "reason": "known"})), {**APPROVED, "reason": "known"}),
        (inbox("edit", action(SHOWN)), APPROVED),
        (inbox("edit", action(CHANGED)), EDITED),
        (inbox("response", "too long"), {**NAMED, "decision": "reject", "reason": "too long"}),
        (inbox("ignore"), SKIPPED),
        (hitl("approve"), APPROVED),
        (hitl("approve", version=2, hash="a" * 64, reason="known"), {**APPROVED, "reason": "known"}),
        (edited(SHOWN), APPROVED),
        (edited(CHANGED), EDITED),
        (hitl("reject", message="too long"), {**NAMED, "decision": "reject", "reason": "too long"}),
        (hitl("respond", message="too long"), {**NAMED, "decision": "reject", "reason": "too long"}),
        ({"type": "approve"}, APPROVED),
    ],
)
def test_both_shapes_mean_one_answer(given: Any, expected: dict[str, Any]) -> None:
    assert read(given) == expected


def test_an_approval_names_what_it_approves_once_another_text_was_shown() -> None:
    for bare in (hitl("approve"), inbox("accept"), inbox("accept", action({"body": SHOWN["body"]}))):
        with pytest.raises(NotAnAnswer, match="must name the version and the hash"):
            read(bare, only_one_shown=False)
    assert read(hitl("approve", version=2, hash="a" * 64), only_one_shown=False) == APPROVED
    # The version and the hash go on as they came: what knows the draft compares them.
    stale = read(inbox("accept", action({**SHOWN, "version": "1", "hash": "b" * 64})), only_one_shown=False)
    assert (stale["version"], stale["hash"]) == (1, "b" * 64)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "is an object"),
        ("approve", "is an object"),
        ({}, "'None' is no answer"),
        ({"type": ["approve"]}, "is no answer"),
        ({"decisions": []}, "there are 0"),
        ({"decisions": [{"type": "approve"}] * 2}, "there are 2"),
        ([*inbox("accept"), *inbox("accept")], "there are 2"),
        (hitl("do_not_contact"), "is no answer"),
        (hitl("send"), "is no answer"),
        (edited(SHOWN, name="send_all"), "The action that waits"),
        (hitl("edit"), "all arguments"),
        (hitl("edit", edited_action="x"), "an object with a name"),
        (edited({"body": "Hi"}), "all arguments"),
        (edited({**SHOWN, "recipient": "someone@else.example"}), "recipient is not what was shown"),
        (edited({**CHANGED, "draft_id": "d2"}), "draft_id is not what was shown"),
        (edited({**SHOWN, "channel": "call"}), "channel is not"),
        (edited({**SHOWN, "version": "two"}), "whole number"),
        (edited({**SHOWN, "body": ["Hi"]}), "body is a text"),
        (edited({**SHOWN, "body": "x" * (LONGEST + 1)}), "longer than"),
        (edited({**SHOWN, "body": "a\x00b"}), "no message can carry"),
        (edited({**SHOWN, "subject": "a\ud800"}), "no message can carry"),
        (inbox("accept", action(CHANGED)), "not the one that was shown"),
        (inbox("accept", action({**SHOWN, "version": None})), "whole number"),
        (inbox("accept", "yes"), "an object with a name"),
        (inbox("response", {"a": 1}), "reason is a text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(given: Any, why: str) -> None:
    with pytest.raises(NotAnAnswer, match=why):
        read(given)
