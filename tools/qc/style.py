"""Rules on how a message reads. They warn: a person may have a reason."""

import re
from collections.abc import Iterator

from tools.qc.model import DraftUnderCheck

Finding = tuple[str, str, str, str]

_MEETING = re.compile(
    r"\b(?:\d+[- ]minute (?:call|chat)|(?:quick|brief|short) (?:call|chat|meeting|demo)|schedule a|book a"
    r"|set up a (?:call|time)"
    r"|hop on a|jump on a|calendar|demo|grab (?:a )?time|meet (?:this|next) week)\b",
    re.IGNORECASE,
)


def length(draft: DraftUnderCheck) -> Iterator[Finding]:
    """The playbook's band of words, footer not counted."""
    rules, count = draft.playbook.message, len(draft.text.split())
    if not rules.min_words <= count <= rules.max_words:
        wrong = f"It has {count} words; {rules.min_words} to {rules.max_words} are asked for."
        yield "message", "", wrong, "Shorten it." if count > rules.max_words else "Say what is missing."


def subject_length(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Subjects that mail programs cut off, and missing ones."""
    most = draft.playbook.message.max_subject_chars
    if draft.channel == "email" and not draft.subject.strip():
        yield "subject", "", "There is no subject.", "Write one."
    if len(draft.subject) > most:
        yield "subject", draft.subject, f"The subject has more than {most} characters.", "Shorten it."


def _phrases(draft: DraftUnderCheck, phrases: list[str], wrong: str) -> Iterator[Finding]:
    for phrase in phrases:
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
        for place, text in (("subject", draft.subject), ("body", draft.text)):
            if match := pattern.search(text):
                yield place, match[0], wrong, "Say it in your own words, or leave it out."


def forbidden_phrases(draft: DraftUnderCheck) -> Iterator[Finding]:
    """What the playbook never wants to read."""
    yield from _phrases(draft, draft.playbook.message.forbidden_phrases, "The playbook forbids this phrase.")


def spam_words(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Words that mail filters count."""
    yield from _phrases(draft, draft.playbook.message.spam_words, "Mail filters count this as spam.")


def questions(draft: DraftUnderCheck) -> Iterator[Finding]:
    """One question, or the reader answers none."""
    if (count := draft.text.count("?")) > 1:
        yield "body", "?", f"It asks {count} questions.", "Keep the one that matters."


def shouting(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Exclamation marks and capitals."""
    if "!" in draft.text or "!" in draft.subject:
        yield "message", "!", "It has an exclamation mark.", "End with a full stop."
    if draft.subject.isupper() and len(draft.subject) > 6:
        yield "subject", draft.subject, "The subject is in capitals.", "Write it as a sentence."


def meeting_ask(draft: DraftUnderCheck) -> Iterator[Finding]:
    """A first message that asks for a meeting asks for too much."""
    if draft.touch == 1:
        for match in _MEETING.finditer(draft.text):
            yield "body", match[0], "It asks for a meeting in the first message.", "Ask something smaller."
