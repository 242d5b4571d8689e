"""The day to write again is what a colleague would put in the diary."""

from datetime import date

import pytest

from tools.mail import named_date

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("try me on 2026-05-04", date(2026, 5, 4)),
        ("after April 10th", date(2026, 4, 11)),
        ("am 15. Mai", date(2026, 5, 15)),
        ("le 3 juin", date(2026, 6, 3)),
        ("check back in February", date(2027, 2, 1)),
        ("in six weeks", date(2026, 4, 13)),
        ("next quarter", date(2026, 4, 1)),
        ("in Q3", date(2026, 7, 1)),
        ("next week", date(2026, 3, 9)),
        ("next year", date(2027, 1, 1)),
        ("25/12 suits", date(2026, 12, 25)),
        ("sometime after Labor Day", date(2026, 9, 8)),
        ("after Thanksgiving", date(2026, 11, 27)),
        ("nothing before Easter", date(2026, 4, 5)),
        ("mid-June", date(2026, 6, 15)),
        ("late in May", date(2026, 5, 1)),
        ("late May", date(2026, 5, 20)),
        ("end of April", date(2026, 4, 30)),
        ("the second half of the year", date(2026, 7, 1)),
        ("Q1 next year", date(2027, 1, 1)),
        ("out until the 20th, try me the day after", date(2026, 3, 21)),
        ("Season ends May 2. The Monday after that.", date(2026, 5, 4)),
        ("expires 9/30, call a month before", date(2026, 8, 30)),
        ("once August is over", date(2026, 9, 1)),
        ("four to six weeks from now", date(2026, 3, 30)),
        ("in half a year", date(2026, 9, 2)),
        ("a fortnight", date(2026, 3, 16)),
        ("after the summer", date(2026, 9, 1)),
        ("Try 2027.", date(2027, 1, 1)),
        ("the 2027 budget is closed", None),
        ("May is full. June is better.", date(2026, 6, 1)),
        ("We bought ours in May.", None),
        ("We have had these for 20 years.", None),
        ("nach dem 15. Mai", date(2026, 5, 16)),
        ("Anfang nächsten Jahres", date(2027, 1, 1)),
        ("dans trois semaines", date(2026, 3, 23)),
        ("le mois prochain", date(2026, 4, 1)),
        ("dentro de dos meses", date(2026, 5, 2)),
        ("depois do dia 20", date(2026, 3, 21)),
        ("tra un mese", date(2026, 4, 2)),
        ("volgend jaar", date(2027, 1, 1)),
        ("om två veckor", date(2026, 3, 16)),
        ("po 15 maja", date(2026, 5, 16)),
        ("we may march on", None),
        ("February 30", None),
        ("in 900 years", None),
    ],
)
def test_named_dates(text: str, day: date | None) -> None:
    assert named_date(text, TODAY) == day
