"""The analysis by rule: the total, the differences beyond chance, what is too little, and what to test."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agents.analyst_schema import Analysis, Statement
from agents.models.rules import answer, material_in
from tools.analyst.report_rows import LONGEST

_MOST_DIFFERENCES, _MOST_FEW = 5, 4
_TESTABLE = {"opener": "opener_style", "pain-hook": "pain_hook", "proof-point": "proof_point_style"}


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The statements on the rows of the message."""
    material = material_in(messages)
    return answer(Analysis(statements=write(material["rows"])))


def write(rows: Sequence[dict[str, Any]]) -> list[Statement]:
    """At most ten statements; every number in them stands in a row that they name."""
    total = rows[0]
    said = [Statement(kind="overall", text=total["says"], rows=[total["number"]])]
    differences = [row for row in rows if row["kind"] == "difference"]
    real = sorted((row for row in differences if row["real"]), key=lambda row: -abs(row["difference"]))
    for row in real[:_MOST_DIFFERENCES]:
        way = "Better than chance explains" if row["difference"] > 0 else "Worse than chance explains"
        said.append(Statement(kind="worked", text=_cut(f"{way}: {row['says']}"), rows=[row["number"]]))
    if not real:
        text = "Beyond chance nothing set one kind of message or person apart from the others."
        said.append(Statement(kind="too_little", text=text, rows=[row["number"] for row in differences] or [1]))
    few = [row for row in rows if row["kind"] == "few"]
    if few:
        names = ", ".join(f"{row['by']} {row['key']}" for row in few[:_MOST_FEW])
        more = " and others" if len(few) > _MOST_FEW else ""
        text = _cut(f"Too few to say: {names}{more}.")
        said.append(Statement(kind="too_little", text=text, rows=[row["number"] for row in few]))
    said += _next(differences)
    said += [
        Statement(kind="too_little", text=_cut(row["says"]), rows=[row["number"]])
        for row in rows
        if row["kind"] == "held"
    ][:1]
    return said


def _next(differences: Sequence[dict[str, Any]]) -> list[Statement]:
    """The test of what can be tested and differed most, whether beyond chance or not."""
    testable = [row for row in differences if row["by"] in _TESTABLE]
    if not testable:
        return []
    row = max(testable, key=lambda row: abs(row["difference"]))
    text = (
        f"Test {row['by']} {row['key']} against another: "
        f"outreach experiment new NAME --variable {_TESTABLE[row['by']]}."
    )
    return [Statement(kind="next", text=_cut(text), rows=[row["number"]])]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
