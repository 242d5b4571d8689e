"""What no database takes does not come in with a model's answer."""

import json

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from agents.models.structured import parse_answer
from agents.models.wire import storable_answer
from tools.plain_json import storable

ODD = "a\x00b\ud800c\udc00d"
PLAIN = "a\ufffdb\ufffdc\ufffdd"


class Said(BaseModel):
    text: str


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (ODD, PLAIN),
        ([ODD], [PLAIN]),
        ({ODD: {"x": ODD}}, {PLAIN: {"x": PLAIN}}),
        ("😀 ünï", "😀 ünï"),
        (3, 3),
        (None, None),
    ],
)
def test_nul_and_half_pairs_are_replaced(value: object, kept: object) -> None:
    assert storable(value) == kept


def test_also_where_json_hides_them() -> None:
    calls = [{"function": {"name": "f", "arguments": json.dumps({"text": ODD, "face": "😀"})}}]
    message = storable_answer({"content": ODD, "tool_calls": calls})
    assert message["content"] == PLAIN
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"text": PLAIN, "face": "😀"}
    assert parse_answer(AIMessage(json.dumps({"text": ODD})), Said).text == PLAIN


def test_arguments_that_are_no_json_stay_what_they_are() -> None:
    calls = [{"function": {"name": "f", "arguments": '{"text": "cut'}}]
    assert storable_answer({"content": None, "tool_calls": calls})["tool_calls"] == calls
