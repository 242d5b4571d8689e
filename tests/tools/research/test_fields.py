"""What facts say about a prospect's lights, broadcasts and timeline; nothing where they do not say it."""

from datetime import date

import pytest

from db.models import ResearchFact
from tools.research.fields import timeline_of, values_of

TODAY = date(2026, 11, 22)
BOWL = "Lakeside Bowl"


def values(sentence: str, quote: str = "", stadium: str | None = BOWL) -> dict[str, str | int]:
    return dict(values_of(ResearchFact(sentence=sentence, quote=quote or sentence), stadium, TODAY))


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The lights at Lakeside Bowl are metal halide.", {"current_lighting_type": "metal_halide"}),
        (
            "The lights at Lakeside Bowl are metal halide, installed in 1998.",
            {"current_lighting_type": "metal_halide", "current_lighting_age_years": 28},
        ),
        (
            "LED lights were installed at Lakeside Bowl in May 2019.",
            {"current_lighting_type": "modern_led", "current_lighting_age_years": 7},
        ),
        (
            "LED lights were installed at Lakeside Bowl in 2013.",
            {"current_lighting_type": "early_led", "current_lighting_age_years": 13},
        ),
        ("Lights were installed at Lakeside Bowl in 1988.", {"current_lighting_age_years": 38}),
        ("The lights at Lakeside Bowl are LED.", {}),  # early or modern, nobody says
        ("The lights at Hilltop Field are metal halide.", {}),  # another venue
        ("Lakeside Bowl may get LED lights, to be installed in 2025.", {}),
        ("Lakeside Bowl never had metal halide lights.", {}),
        ("New turf was installed at Lakeside Bowl, which has LED lights, in 2019.", {}),
        ("Lakeside Bowl was built in 1969.", {}),
        ("Games at Lakeside Bowl are broadcast on ESPN+.", {"broadcast_requirements": "espn"}),
        ("Home games are shown on the Big Ten Network.", {"broadcast_requirements": "conference_network"}),
        ("Every home game is streamed live.", {"broadcast_requirements": "local_streaming"}),
        ("The game at Ridgemont Tech was broadcast on ESPN.", {}),
        ("ESPN was founded in 1979.", {}),
    ],
)
def test_fields_of_a_fact(sentence: str, found: dict[str, str | int]) -> None:
    assert values(sentence) == found


def test_without_a_stadium_on_record_only_a_stadium_counts() -> None:
    assert values("The lights at Harbor Stadium are metal halide.", stadium=None)
    assert not values("The lights at Harbor Softball Complex are metal halide.", stadium=None)
    assert values("The lights at the stadium are metal halide.")


@pytest.mark.parametrize(
    ("quote", "timeline"),
    [
        ("approved a lighting project at Lakeside Bowl for completion by December 2026", "immediate"),
        ("approved a lighting project at Lakeside Bowl for completion by April 2027", "within_6_months"),
        ("approved a lighting project at Lakeside Bowl, to be done by fall 2027", "within_12_months"),
        ("approved a lighting project at Lakeside Bowl for summer of 2029", "12_plus_months"),
        ("approved a lighting project at Lakeside Bowl in May 2019", None),
        ("approved a lighting project at Lakeside Bowl by April 2027 or in June 2028", None),
        ("approved a lighting project at Lakeside Bowl", None),
    ],
)
def test_a_timeline_needs_one_month_to_come(quote: str, timeline: str | None) -> None:
    assert timeline_of(quote, TODAY) == timeline
    found = values("The board approved a lighting project.", f"The board {quote}.")
    assert found.get("estimated_project_timeline") == timeline
