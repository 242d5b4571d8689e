"""What a kept fact says of need. All schools and companies are invented."""

from datetime import date

import pytest
from pydantic import ValidationError

from db.models import Account, Prospect, ResearchFact
from playbooks import load_playbook
from playbooks.model import NoNeed
from tools.research.no_need import no_need

TODAY = date(2026, 6, 8)
LED, SIGNED, TESTING = (
    "a kept fact says that they play under modern LED already",
    "a kept fact says that a contract for lights is signed",
    "a kept fact says that a contract for testing is signed",
)


def asked(
    sentence: str, playbook: str = "sports-lighting", *, seen: date | None = None, since: date | None = None
) -> str | None:
    prospect = Prospect(name="Harbor Point High School", account=Account(name="Harbor Point High School"))
    fact = ResearchFact(sentence=sentence, quote=sentence, observed_on=seen or date(2026, 4, 1))
    return no_need(load_playbook(playbook), prospect, [fact], TODAY, since)


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Harbor Point replaced the lights at Mill Field with LED fixtures in 2023.", LED),
        ("The field was relit with LED in 2021.", LED),
        ("Harbor Point's field switched to LED in 2022.", LED),
        ("The board signed a contract for LED lights at Harbor Point on June 1, 2026.", SIGNED),
        ("Harbor Point awarded the contract for its field lights in May 2026.", SIGNED),
        ("Harbor Point got LED field lights in 2012.", None),
        ("Harbor Point plans LED lights for 2027.", None),
        ("Harbor Point has no LED lights.", None),
        ("Harbor Point installed an LED scoreboard beside the lights in 2023.", None),
        ("The gym lights at Harbor Point were changed to LED in 2022.", None),
        ("Milbury's stadium was lit by LED in 2022.", None),
        ("Milbury got LED lights for its field in 2022.", None),
        ("The board at Harbor Point rejected a signed contract for LED lights in 2025.", None),
        ("The lights at Harbor Point were installed in 2001.", None),
    ],
)
def test_lights(sentence: str, why: str | None) -> None:
    assert asked(sentence) == why


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Harbor Point signed a three-year contract with a test automation vendor.", TESTING),
        ("Harbor Point signed a contract with a customer in software testing.", None),
        ("Harbor Point has two openings for test engineers.", None),
    ],
)
def test_testing(sentence: str, why: str | None) -> None:
    assert asked(sentence, "qa-software") == why


def test_a_contract_counts_for_five_years_and_within_a_sequence_only_when_it_is_news() -> None:
    signed = "The board signed a contract for LED lights at Harbor Point."
    assert asked(signed, seen=date(2021, 7, 1)) == SIGNED
    assert asked(signed, seen=date(2021, 5, 1)) is None
    assert asked(signed, seen=date(2026, 5, 1), since=date(2026, 5, 10)) is None
    assert asked(signed, seen=date(2026, 5, 11), since=date(2026, 5, 10)) == SIGNED


@pytest.mark.parametrize(
    "given",
    [{}, {"field": "venue_type"}, {"fact_words": ["("]}, {"field": "venue_type", "values": ["x"], "fact_words": ["y"]}],
)
def test_a_rule_that_says_nothing_or_two_things_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NoNeed.model_validate({"reason": "none", **given})
