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
        ("Zuständig ist Frau Lindner (Leiterin Einkauf).", "Lindner", "Leiterin Einkauf", None),
        ("Hable con Lucía Robledo, encargada de compras.", "Lucía Robledo", "encargada de compras", None),
        ("Adding Rosa Vale (Associate AD for Facilities) to this.", "Rosa Vale", "Associate AD for Facilities", None),
        ("Voyez avec notre directrice technique, Odile Brun.", "Odile Brun", "directrice technique", None),
        ("If Tess (our SDET lead) wants it, I sign.", "Tess", "SDET lead", None),
        ("The person you need is Milo. He's our test manager and busy.", "Milo", "test manager", None),
        ("We merge with Brindle Systems, their QA director Asha Rao takes over.", "Asha Rao", "QA director", None),
        ("Send it to facilities@x.example, attention Lou Pratt.", "Lou Pratt", None, "facilities@x.example"),
        ("Ina Moor would have my head if I answered for her.", "Ina Moor", None, None),
        ("Sounds good, call me on Tuesday.", None, None, None),
        ("Thanks, not for us.\nBob Tanner", None, None, None),
    ],
)  # fmt: skip
def test_named(text: str, name: str | None, title: str | None, email: str | None) -> None:
    found = named_person(text)
    assert (found.name, found.title, found.email) == (name, title, email)
    assert found.known is any((name, title, email))
