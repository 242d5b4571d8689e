"""The rule engine: every rule has an id, a version and a severity, and says what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tools.qc import grounding, safety, style
from tools.qc.model import DraftUnderCheck, Flag, Severity

Finding = tuple[str, str, str, str]
"""Place, the words, what is wrong, what to do."""


@dataclass(frozen=True)
class Rule:
    """A rule: `find` yields its findings. A change of what it finds is a new version."""

    id: str
    severity: Severity
    find: Callable[[DraftUnderCheck], Iterable[Finding]]
    version: int = 1


RULES: tuple[Rule, ...] = (
    Rule("merge.unfilled", "block", safety.unfilled_variables),
    Rule("greeting.name", "block", safety.greeting),
    Rule("recipient.missing", "block", safety.recipient_missing),
    Rule("recipient.barred", "block", safety.recipient_barred),
    Rule("recipient.invalid", "block", safety.address_known_invalid),
    Rule("touch.sent", "block", safety.touch_already_sent),
    Rule("sender.identity", "block", safety.sender_identity),
    Rule("history.false", "block", safety.false_history),
    Rule("text.hidden", "block", safety.hidden_characters),
    Rule("link.foreign", "block", safety.foreign_links),
    Rule("organisation.missing", "block", grounding.organisation_missing),
    Rule("claim.unknown_fact", "block", grounding.unknown_facts),
    Rule("claim.unsupported", "block", grounding.unsupported_sentences, version=2),
    Rule("claim.subject", "block", grounding.unsupported_subject),
    Rule("claim.none", "block", grounding.no_fact_at_all),
    Rule("length.words", "warn", style.length),
    Rule("length.subject", "warn", style.subject_length),
    Rule("style.forbidden", "warn", style.forbidden_phrases),
    Rule("style.spam", "warn", style.spam_words),
    Rule("style.questions", "warn", style.questions),
    Rule("style.shouting", "warn", style.shouting),
    Rule("style.meeting_ask", "warn", style.meeting_ask),
    Rule("recipient.unverified", "warn", safety.address_unverified),
)


def check(draft: DraftUnderCheck) -> list[Flag]:
    """All findings, blocking ones first."""
    flags = []
    for rule in RULES:
        for place, words, wrong, fix in rule.find(draft):
            where = {"subject": draft.subject, "body": draft.body}.get(place, "")
            flags.append(
                Flag(
                    rule=rule.id,
                    version=rule.version,
                    severity=rule.severity,
                    message=wrong,
                    fix=fix,
                    place=place if place in ("subject", "body") else "message",  # type: ignore[arg-type]
                    text=words,
                    start=where.find(words) if words else -1,
                )
            )
    return sorted(flags, key=lambda flag: flag.severity != "block")


def passed(flags: Iterable[Flag]) -> bool:
    """Whether nothing blocks."""
    return not any(flag.severity == "block" for flag in flags)
