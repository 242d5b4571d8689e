"""What a playbook may change about the rules, and what it may not; and the seeds that its rules speak against."""

import pytest

from playbooks import load_playbook, playbook_names
from playbooks.model import Playbook, QcRule
from tests.tools.qc.test_rules import draft, found
from tools.qc import RULES, QcSettingsInvalid, check, passed, rules_for
from tools.qc.model import KINDS

PLAYBOOK = load_playbook("sports-lighting")
SHOUTS = {"subject": "The lights at Lakeside Field!"}


def with_rules(**rules: QcRule) -> Playbook:
    named = {name.replace("__", "."): rule for name, rule in rules.items()}
    return PLAYBOOK.model_copy(update={"qc": PLAYBOOK.qc.model_copy(update={"rules": named})})


def test_a_warning_can_be_switched_off_or_made_a_block() -> None:
    assert found(draft(**SHOUTS)) == {"style.shouting"}
    assert not check(draft(**SHOUTS, playbook=with_rules(style__shouting=QcRule(on=False, why="We like it loud."))))
    strict = with_rules(style__shouting=QcRule(severity="block", why="Never."))
    assert not passed(check(draft(**SHOUTS, playbook=strict)))


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.severity == "block"])
@pytest.mark.parametrize("weaker", [QcRule(on=False, why="x"), QcRule(severity="warn", why="x")])
def test_a_block_cannot_be_weakened(rule: str, weaker: QcRule) -> None:
    with pytest.raises(QcSettingsInvalid, match="cannot be weakened"):
        rules_for(with_rules(**{rule: weaker}))


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(QcSettingsInvalid, match="names no rule"):
        rules_for(with_rules(style__nonsense=QcRule(why="x")))


@pytest.mark.parametrize("name", playbook_names())
def test_the_shipped_playbooks_are_sound(name: str) -> None:
    playbook = load_playbook(name)
    assert rules_for(playbook)
    assert set(playbook.qc.words) <= set(KINDS)
    assert playbook.qc.rules == {}  # what the seeds break is settled by editions, not by weaker rules
    assert all(rule.says.endswith(".") for rule in RULES)


@pytest.mark.parametrize(
    ("line", "subject", "rule"),
    [
        (None, "Lakeside Field Lighting - Quick Question", "style.forbidden"),
        ("Would a 15-minute call this week make sense to see if we can help?", None, "style.meeting_ask"),
        ("Would it make sense to connect briefly about your facilities roadmap?", None, "style.meeting_ask"),
    ],
)
def test_what_the_seed_templates_say_is_flagged_and_an_edition_stands_in(
    line: str | None, subject: str | None, rule: str
) -> None:
    """SB's a1-1 and a2-1 break rules of this playbook: its own editions replace them, and say why."""
    text = draft().text
    if line:
        text = text.replace("Is lighting anywhere on the facilities plan for the next two years?", line)
    assert rule in found(draft(text, subject or "The lights at Lakeside Field"))
    replaced = {seed: edition for edition in PLAYBOOK.editions for seed in edition.replaces}
    for seed in ("a1-1", "a2-1"):
        assert replaced[seed].why
        assert "call" not in replaced[seed].body
        assert "Question" not in replaced[seed].subject
