"""Filling templates from what is known: a variable without a value takes its sentence with it, never a blank."""

import re
from collections.abc import Mapping
from typing import Final

from tools.wording import sentences

VARIABLES: Final = {
    "first_name": "whom it goes to",
    "sender_name": "who writes",
    "sender_company": "the sender's company",
    "organisation_name": "the organisation, as one says it",
    "school_name": "the school of a fact, else the organisation",
    "stadium_name": "the home venue, where a fact names it",
    "subject_hook": "of a first message one of [subjects]; of a later one what it is about",
    "trigger_observation": "the sentence that tells a fact",
    "recall": "a statement that says why somebody is written to again",
    "constraint_hypothesis": "a pain",
    "value_proposition": "a value",
    "proof_point": "a proof",
    "answer": "what a reply is answered with",
    "farewell": "that this is the last message",
    "ask": "the question",
}
"""The variables of a playbook's templates, and what each becomes."""
OPENING_FIELDS: Final = ("facility", "hiring_signals", "recent_activity", "company_news")
"""Kinds of facts (research_facts.field) that can open a letter as they stand, by the written rules as by a model."""
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BESIDE = re.compile(r"(?<=\}\})\s+(?=\{\{)")


def variables_of(template: str) -> list[str]:
    """The names of the variables in a template, in order, each once."""
    return list(dict.fromkeys(VARIABLE.findall(template)))


def fill(template: str, values: Mapping[str, str | None]) -> str:
    """The text with every variable filled; sentences, and then paragraphs, that lack a value are left out."""
    paragraphs = []
    for paragraph in template.strip().split("\n\n"):
        lines = [filled for line in paragraph.split("\n") if (filled := _fill_line(line, values))]
        if lines:
            paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


def _fill_line(line: str, values: Mapping[str, str | None]) -> str:
    # Variables side by side are whole sentences: one that is missing must not take its neighbour with it.
    parts = [s for part in _BESIDE.split(line) for s in sentences(part)]
    kept = [s for s in parts if all((values.get(name) or "").strip() for name in VARIABLE.findall(s))]
    return VARIABLE.sub(lambda match: (values[match[1]] or "").strip(), " ".join(kept)).strip()
