"""Whom a reply points to is copied from its text, and the writer is not taken for somebody else."""

import pytest

from agents.reply_people import named_person


@pytest.mark.parametrize(
    ("text", "name", "title", "email"),
    [
        ("Please talk to Nell Carver, our CFO.", "Nell Carver", "CFO", None),
        ("Ask our Director of Facilities, Ida Moss, ida.moss@x.example.", "Ida Moss", "Director of Facilities",
         "ida.moss@x.example"),
        ("not me, jonas runs it now: jonas@x.example", "Jonas", None, "jonas@x.example"),
        ("Zuständig ist Frau Lindner (Leiterin Einkauf).", "Lindner", "Leiterin", None),
        ("Hable con Lucía Robledo, encargada de compras.", "Lucía Robledo", "encargada de compras", None),
        ("Sounds good, call me on Tuesday.", None, None, None),
        ("Thanks, not for us.\nBob Tanner", None, None, None),
    ],
)  # fmt: skip
def test_named(text: str, name: str | None, title: str | None, email: str | None) -> None:
    found = named_person(text)
    assert (found.name, found.title, found.email) == (name, title, email)
    assert found.known is any((name, title, email))
