"""How doubtful pairs and unknown titles are judged by rule, from what stands in the material."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from agents.models.rules import calls, material_in
from db.enums import ContactRole, PersonaType
from tools.dedupe.names import organisation
from tools.merging.organisations import each_has_its_own
from tools.titles import seniority_of

SAME_FROM: Final = 95.0
"""How likely two records must be one, in percent, before the rules merge them."""


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """Answers every question in one turn, then stops."""
    if any(isinstance(message, ToolMessage) for message in messages):
        return AIMessage(content="All pairs and titles are judged.")
    material = material_in(messages)
    answers: list[tuple[str, Mapping[str, Any]]] = []
    for pair in material["pairs"]:
        verdict, reason = judge(pair["a"], pair["b"], pair["likeness"])
        answers.append(("judge_pair", {"number": pair["number"], "verdict": verdict, "reason": reason}))
    answers += [
        ("classify_title", {"number": entry["number"], **title_class(entry["title"])}) for entry in material["titles"]
    ]
    return calls(*answers) if answers else AIMessage(content="There was nothing to judge.")


def judge(a: Mapping[str, Any], b: Mapping[str, Any], likeness: float) -> tuple[str, str]:
    """A verdict on two records, and the reason. `likeness` in percent: `same` needs SAME_FROM besides the same name
    and place or web domain."""
    if a.get("state") != b.get("state"):
        return "different", f"They are in {a.get('state')} and {b.get('state')}."
    if each_has_its_own(a["name"], b["name"]):
        return "different", "Each name has a word of its own, as campuses do."
    one_city, other_city = (str(r.get("city") or "").casefold() for r in (a, b))
    if one_city and other_city and one_city != other_city:
        return "different", f"They are in {a['city']} and {b['city']}."
    same_name = organisation(a["name"]).key == organisation(b["name"]).key
    same_domain = bool(a.get("domain")) and a.get("domain") == b.get("domain")
    if likeness >= SAME_FROM and same_name and (same_domain or (one_city and one_city == other_city)):
        return "same", f"The same name, and the same {'web domain' if same_domain else 'city'}."
    if same_domain and one_city and one_city == other_city:
        return "unsure", "The same web domain and city under two names."
    return "unsure", "Alike, but nothing in the records settles it."


def title_class(title: str) -> dict[str, Any]:
    """What rules can say of a title that the table doesn't know: how senior it is, and nothing more."""
    known: dict[str, Any] = {"persona_type": PersonaType.OTHER.value, "role": ContactRole.UNKNOWN.value}
    seniority = seniority_of(title)
    return known | ({"seniority_level": seniority} if seniority else {})
