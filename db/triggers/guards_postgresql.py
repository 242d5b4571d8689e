"""The rules as triggers on PostgreSQL: one function and one trigger each, which fire whatever the session says."""

from collections.abc import Iterator

from db.errors import PREFIX
from db.triggers.audit import plpgsql
from db.triggers.rule import Rule
from db.triggers.rules import rules
from db.triggers.words import Words, quoted

WORDS = Words("postgresql")


def function_name(rule: Rule) -> str:
    """The name of the function behind a rule's trigger."""
    return f"outreach_{rule.name}"


def _function(rule: Rule) -> str:
    steps = [f"{lock};" for lock in rule.locks]
    for condition, sentence in rule.refusals:
        steps.append(
            f"IF {condition} THEN RAISE EXCEPTION {quoted(PREFIX + sentence)}"
            " USING ERRCODE = 'check_violation'; END IF;"
        )
    if rule.act:
        steps.append(f"{rule.act};")
    body = "\n  ".join(steps)
    if rule.when:
        body = f"IF {rule.when} THEN\n  {body}\n  END IF;"
    given_back = "NULL" if not rule.before else "OLD" if rule.event == "DELETE" else "NEW"
    return plpgsql(function_name(rule), f"\nBEGIN\n  {body}\n  RETURN {given_back};\nEND\n")


def functions() -> Iterator[tuple[str, str]]:
    """Name and text of each guard's function."""
    for rule in rules(WORDS):
        yield function_name(rule), _function(rule)


def triggers() -> Iterator[tuple[str, str, str]]:
    """Name, table and text of each guard's trigger, in the words of pg_get_triggerdef."""
    for rule in rules(WORDS):
        timing = "BEFORE" if rule.before else "AFTER"
        yield (
            rule.name,
            rule.table,
            f"CREATE TRIGGER {rule.name} {timing} {rule.event} ON public.{rule.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function_name(rule)}()",
        )
