"""The rule of a test: a message is what its group asks for, or says that it is not."""

from typing import Final

from tools.qc.grounding import cited
from tools.qc.model import DraftUnderCheck, Finding, Findings
from tools.qc.parts import said

OPENS_ON: Final = {
    "career_reference": ("career_history", "responsibilities"),
    "company_metric": ("company_metrics", "company_products", "facility", "tech_stack_signals"),
    "activity_reference": ("recent_activity", "company_news", "hiring_signals"),
}
"""The kinds of facts (research_facts.field) that a message of each opener style begins with."""
_FIX = "Write it as its group asks where the facts allow; else leave it: it counts in its group either way."


def other_variant(draft: DraftUnderCheck) -> Findings:
    """A first message of a test is as its group asks: its opener, question, problem, argument or length."""
    varied = draft.variant
    if varied is None or draft.kind != "first":
        return
    wrong = _wrong(draft, varied.variable, varied.value)
    if wrong:
        yield Finding("message", "", f"{varied.variable} should be {varied.value}; {wrong}.", _FIX)


def _wrong(draft: DraftUnderCheck, variable: str, value: str) -> str | None:
    """What it is instead, or None."""
    varied = draft.variant
    if varied is None:
        return None
    match variable:
        case "opener_style":
            return _opener(draft, value)
        case "ask_intensity":
            is_soft = varied.ask_style != "direct_ask"
            return None if is_soft == (value == "soft") else f"its ask is {varied.ask_style or 'none'}"
        case "pain_hook":
            return None if varied.pain_hook == value else f"its problem is {varied.pain_hook or 'none'}"
        case "proof_point_style":
            styles = {s.id: s.style for s in draft.playbook.statements}
            style = styles.get(varied.proof_point or "")
            return None if style == value else f"its argument is {style or varied.proof_point or 'none'}"
        case "message_length":
            least, most = draft.playbook.words_of("first")
            half, count = (least + most) / 2, len(draft.text.split())
            return None if (count <= half) == (value == "short") else f"it has {count} words of {least} to {most}"
        case _:
            return None


def _opener(draft: DraftUnderCheck, value: str) -> str | None:
    """By the facts that the first sentence which cites any rests on: what a draft says of itself proves nothing."""
    for each in said(draft.text):
        if facts := cited(each.sentence, draft):
            fields = {fact.field for fact in facts}
            if fields & set(OPENS_ON.get(value, ())):
                return None
            return f"it opens on {', '.join(sorted(field.replace('_', ' ') for field in fields if field)) or 'a fact'}"
    return "it opens on no fact"
