"""JSON from outside: bounded, kept as a database can hold it, and one error for all that is none."""

import json
from typing import Any

import pytest

from tools.plain_json import DEEPEST, BadJson, read_json, storable_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, "b"]}', {"a": [1, "b"]}),
        (b'{"a": 1}', {"a": 1}),
        ('"a\\u0000b\\ud800c\\udc00"', "a\ufffdb\ufffdc\ufffd"),
        ('{"\\u0000": "\\ud83d\\ude00"}', {"\ufffd": "\U0001f600"}),
        ("[1e999, -Infinity, NaN, 1.5]", [None, None, None, 1.5]),
        ("[" * DEEPEST + "]" * DEEPEST, json.loads("[" * DEEPEST + "]" * DEEPEST)),
    ],
)
def test_what_it_says_can_be_kept(text: str | bytes, value: Any) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expecting value at line 1, character 1"),
        ('{"a": 1} x', "Extra data"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested more than 100"),
        ("[" * 100_000, "nested more than 100"),
        ("9" * 5000, "more than 4,300 digits"),
        (b"\xff{}", "not UTF-8"),
    ],
)
def test_everything_else_is_one_error(text: str | bytes, says: str) -> None:
    with pytest.raises(BadJson, match=says):
        read_json(text)


def test_plain_text_is_left_alone() -> None:
    assert storable_text("Grüße, \U0001f600") == "Grüße, \U0001f600"
    assert storable_text("a\0b") == "a\ufffdb"
