"""Filling templates from what is known: a variable without a value takes its sentence with it, never a blank."""

import re
from collections.abc import Mapping

from tools.wording import sentences

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
