"""The rule engine: every rule has an id, a version and a severity, marks what it is about, and says what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playbooks import Playbook
from tools.qc import assertions, grounding, history, likeness, recipient, safety, style, variant
from tools.qc.model import DraftUnderCheck, Finding, Flag, Severity


class QcSettingsInvalid(ValueError):
    """A playbook's [qc] names a rule that does not exist, or weakens one that blocks; the message says which."""


@dataclass(frozen=True)
class Rule:
    """A rule: `find` yields its findings; its docstring says what it holds. A change of what it finds is a new version.

    A rule with the severity `block` cannot be switched off, made a warning, or overridden by anybody.
    """

    id: str
    severity: Severity
    find: Callable[[DraftUnderCheck], Iterable[Finding]]
    version: int = 1

    @property
    def says(self) -> str:
        """What the rule holds, in a sentence."""
        return " ".join((self.find.__doc__ or "").split("\n\n")[0].split())


JUDGED = "judge"
"""Stands in the place of a rule where the model found the fault."""

RULES: tuple[Rule, ...] = (
    Rule("merge.unfilled", "block", safety.unfilled_variables, version=2),
    Rule("greeting.name", "block", recipient.greeting, version=2),
    Rule("recipient.missing", "block", recipient.missing),
    Rule("recipient.wrong", "block", recipient.wrong),
    Rule("recipient.do_not_contact", "block", recipient.do_not_contact),
    Rule("recipient.suppressed", "block", recipient.suppressed),
    Rule("recipient.bounced", "block", recipient.bounced),
    Rule("recipient.invalid", "block", recipient.known_invalid),
    Rule("touch.sent", "block", history.touch_already_sent, version=2),
    Rule("touch.after_breakup", "block", history.after_breakup),
    Rule("history.reply", "block", history.false_reply),
    Rule("history.call", "block", history.false_call),
    Rule("history.false", "block", history.false_history, version=2),
    Rule("sender.identity", "block", safety.sender_identity, version=2),
    Rule("sender.postal_address", "block", safety.postal_address),
    Rule("sender.opt_out", "block", safety.opt_out),
    Rule("text.hidden", "block", safety.hidden_characters),
    Rule("link.foreign", "block", safety.foreign_links, version=2),
    Rule("linkedin.limit", "block", safety.linkedin_limit),
    Rule("organisation.missing", "block", grounding.organisation_missing),
    Rule("organisation.wrong", "block", assertions.wrong_organisation),
    Rule("claim.unknown_fact", "block", grounding.unknown_facts),
    Rule("claim.number", "block", assertions.wrong_numbers),
    Rule("claim.unsupported", "block", assertions.unsupported_sentences, version=4),
    Rule("claim.subject", "block", assertions.unsupported_subject, version=3),
    Rule("claim.stale", "block", assertions.stale_facts),
    Rule("claim.none", "block", grounding.no_fact_at_all, version=2),
    Rule("length.words", "warn", style.length, version=2),
    Rule("length.subject", "warn", style.subject_length),
    Rule("style.opener", "warn", style.openers),
    Rule("style.forbidden", "warn", style.forbidden_phrases, version=2),
    Rule("style.spam", "warn", style.spam_words),
    Rule("style.asks", "warn", style.asks),
    Rule("style.meeting_ask", "warn", style.meeting_ask, version=2),
    Rule("style.shouting", "warn", style.shouting, version=2),
    Rule("style.grade", "warn", style.reading_grade),
    Rule("style.about_us", "warn", style.about_us),
    Rule("style.impersonal", "warn", assertions.impersonal),
    Rule("likeness.earlier", "warn", likeness.like_an_earlier_touch),
    Rule("likeness.batch", "warn", likeness.like_another_draft),
    Rule("variant.other", "warn", variant.other_variant),
    Rule("organisation.crowded", "warn", recipient.crowded),
    Rule("link.first_touch", "warn", safety.links_in_first_touch),
    Rule("image.first_touch", "warn", safety.images_in_first_touch),
    Rule("recipient.unverified", "warn", recipient.unverified),
)


def rules_for(playbook: Playbook) -> list[tuple[Rule, Severity]]:
    """The rules in force with their severity in this playbook.

    Raises QcSettingsInvalid where the playbook names an unknown rule or weakens one that blocks.
    """
    changed = playbook.qc.rules
    if unknown := set(changed) - {rule.id for rule in RULES}:
        raise QcSettingsInvalid(f"[qc.rules] of '{playbook.name}' names no rule: {', '.join(sorted(unknown))}.")
    found: list[tuple[Rule, Severity]] = []
    for rule in RULES:
        settings = changed.get(rule.id)
        if settings and rule.severity == "block" and (not settings.on or settings.severity == "warn"):
            raise QcSettingsInvalid(f"[qc.rules] of '{playbook.name}': '{rule.id}' blocks, and cannot be weakened.")
        if settings is None or settings.on:
            found.append((rule, settings.severity or rule.severity if settings else rule.severity))
    return found


def check(draft: DraftUnderCheck) -> list[Flag]:
    """All findings, blocking ones first; of one rule and span one."""
    flags: dict[tuple[str, str, int, int, str], Flag] = {}
    shift = max(draft.body.find(draft.text), 0)
    for rule, severity in rules_for(draft.playbook):
        for finding in rule.find(draft):
            start, end = _span(draft, finding, shift)
            flag = Flag(
                rule=rule.id,
                version=rule.version,
                severity=severity,
                message=finding.wrong,
                fix=finding.fix,
                field=finding.place,
                text=finding.words,
                start=start,
                end=end,
            )
            flags.setdefault((rule.id, finding.place, start, end, finding.wrong if start < 0 else ""), flag)
    return sorted(flags.values(), key=lambda flag: flag.severity != "block")


def _span(draft: DraftUnderCheck, finding: Finding, shift: int) -> tuple[int, int]:
    """Where the words stand in the subject or body; (-1, -1) where there is nothing to mark."""
    if finding.place not in ("subject", "body") or not finding.words:
        return -1, -1
    where = draft.subject if finding.place == "subject" else draft.body
    at = finding.at + (shift if finding.place == "body" else 0) if finding.at >= 0 else -1
    if at < 0 or not where.startswith(finding.words, at):
        at = where.find(finding.words)
    return (at, at + len(finding.words)) if at >= 0 else (-1, -1)


def passed(flags: Iterable[Flag]) -> bool:
    """Whether nothing blocks."""
    return not any(flag.severity == "block" for flag in flags)
