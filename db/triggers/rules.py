"""The invariants of the schema page, each written once, for both databases.

A rule is one trigger. It refuses a change by a sentence that says which rule it was, or it acts (archives drafts).
Rules that look at other tables run after the row is written: they see the whole statement, and they do not stand in
the way of `ON CONFLICT DO NOTHING`. On PostgreSQL a rule first takes the locks that make it hold against another
transaction that changes what it looks at.
"""

from db.triggers import rules_messages, rules_rows
from db.triggers.rule import Rule
from db.triggers.words import Words

_MAKERS = (
    rules_rows.kept_rows,
    rules_rows.contacts,
    rules_rows.suppressions,
    rules_rows.approvals,
    rules_rows.experiments,
    rules_messages.drafts,
    rules_messages.draft_texts,
    rules_messages.deliveries,
    rules_messages.touchpoints,
)


def rules(words: Words) -> list[Rule]:
    """All rules, in the words of one database."""
    found = [rule for maker in _MAKERS for rule in maker(words)]
    return [rule for rule in found if rule.only in (None, words.dialect)]
