"""The rules as triggers on SQLite."""

from collections.abc import Iterator

from db.errors import PREFIX
from db.triggers.rule import Rule
from db.triggers.rules import rules
from db.triggers.words import Words, quoted

WORDS = Words("sqlite")


def _trigger(rule: Rule) -> str:
    when = f" WHEN {rule.when}" if rule.when else ""
    steps = [
        f"  SELECT RAISE(ABORT, {quoted(PREFIX + sentence)}) WHERE {condition};\n"
        for condition, sentence in rule.refusals
    ]
    if rule.act:
        steps.append(f"  {rule.act};\n")
    timing = "BEFORE" if rule.before else "AFTER"
    return f"CREATE TRIGGER {rule.name} {timing} {rule.event} ON {rule.table}{when} BEGIN\n{''.join(steps)}END"


def triggers() -> Iterator[tuple[str, str]]:
    """Name and text of each guard."""
    for rule in rules(WORDS):
        yield rule.name, _trigger(rule)
