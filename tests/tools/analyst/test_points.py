"""What a short text says beyond the points that it names."""

import pytest

from tools.analyst.points import Point, beyond, pick

POINTS = [
    Point("size", "25 people at 24 organisations.").numbered(1),
    Point("top", "Begin with Dana Reyes, Athletic Director, Harbor College.", "https://harbor.example").numbered(2),
    Point("tiers", "Tier A1: 4, B: 21.").numbered(3),
]


@pytest.mark.parametrize(
    "text",
    [
        "25 people, 4 of them tier A1.",
        "Write to Dana Reyes at Harbor College first.",
        "Nobody stands out.",
        "Northlight sells lights.",
    ],
)
def test_what_the_points_have_may_be_said(text: str) -> None:
    assert beyond(text, pick(POINTS, [1, 2, 3]), ["Northlight"]) == []


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("26 people are in it.", "26"),
        ("Half of the 25 answered, 12 in all.", "12"),
        ("Write to Morgan Vale first.", "Morgan"),
        ("Globex is hiring.", "Globex"),
        ("Three of them left.", "Three"),
        ("About 40% will answer.", "40"),
    ],
)
def test_a_number_or_a_name_from_nowhere_is_told(text: str, strange: str) -> None:
    assert any(strange in said for said in beyond(text, pick(POINTS, [1, 2, 3])))


def test_a_number_counts_only_where_its_point_is_named() -> None:
    assert beyond("25 people.", pick(POINTS, [2])) == ["the number 25"]
    assert beyond("25 people.", pick(POINTS, [1])) == []
    assert pick(POINTS, [9]) == []
