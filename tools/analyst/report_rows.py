"""The report's numbers as numbered rows for the analyst, and the check of what it says of them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.orm import Session

from db.queries.report import Dimension, Row, rows_by, steps, withheld
from db.queries.touches import Scope
from tools.analyst.points import many
from tools.experiments.judge import compare
from tools.rates import ENOUGH, rate

LOOKED_AT: Final = (
    Dimension.OPENER,
    Dimension.PROOF_POINT,
    Dimension.PAIN_HOOK,
    Dimension.PERSONA,
    Dimension.TIER,
    Dimension.CHANNEL,
    Dimension.TOUCH,
)
MOST_VALUES: Final = 8
"""Values of a dimension that are looked at, the most used first."""
MOST_LINES: Final = 10
LONGEST: Final = 240
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_COMPARES = re.compile(
    r"\b(?:better|best|worse|worst|higher|highest|lower|lowest|outperform\w*|beats?|stronger|weaker|winner|wins?|won|worked|works"
    r"|more (?:often|replies|meetings|likely)|less (?:often|likely)|fewer|twice|double[sd]?|ahead|leads)\b",
    re.IGNORECASE,
)


def rows_of(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """The rows, each with `number`, `kind` and `says`. Kinds: `total`, `rate`, `few`, `difference` and `held`.

    A difference is that of one value against all others of its dimension, with an interval widened for how many
    differences are looked at (Bonferroni), so that among them all one in twenty analyses finds any by chance. It has
    `real`: whether its interval leaves zero out.
    """
    found: list[dict[str, Any]] = []

    def add(kind: str, says: str, **more: Any) -> None:
        found.append({"number": len(found) + 1, "kind": kind, "says": says, **more})

    total = steps(session, scope)
    add(
        "total",
        f"{many(total.sent, 'person was', 'people were')} written to with {many(total.touches, 'touch', 'touches')}; "
        f"{total.replied:,} replied, {total.positive:,} positively; {many(total.met, 'meeting', 'meetings')}, "
        f"{many(total.made, 'opportunity', 'opportunities')}.",
    )
    by = {dimension: _rows(session, dimension, scope) for dimension in LOOKED_AT}
    pairs = [(d, row, rest) for d, rows in by.items() for row in rows if (rest := _rest(row, rows))]
    for dimension, rows in by.items():
        for row in rows:
            what = {"by": dimension.value, "key": row.key}
            if row.sent < ENOUGH:
                add("few", f"{dimension.value} {row.key}: {row.sent:,} sent, {row.replied:,} replied.", **what)
                continue
            one = rate(row.replied, row.sent)
            add(
                "rate",
                f"{dimension.value} {row.key}: {row.replied:,} of {row.sent:,} replied, {one.share:.1%} "
                f"({one.low:.1%} to {one.high:.1%}); {row.positive:,} positively, "
                f"{many(row.met, 'meeting', 'meetings')}.",
                **what,
            )
    for dimension, row, rest in pairs:
        verdict = compare(rest.replied, rest.sent, row.replied, row.sent, 0.05 / len(pairs))
        add(
            "difference",
            f"{dimension.value} {row.key} against the others: {row.replied / row.sent:.1%} to "
            f"{rest.replied / rest.sent:.1%} replied, a difference of {verdict.difference * 100:+.1f} points "
            f"({verdict.low * 100:+.1f} to {verdict.high * 100:+.1f}).",
            by=dimension.value,
            key=row.key,
            difference=round(verdict.difference, 4),
            real=verdict.low > 0 or verdict.high < 0,
        )
    for running in withheld(session, Dimension.AB_GROUP):
        add("held", f"The experiment {running.name} runs: what it compares is left out until its end.")
    return found


def _rows(session: Session, dimension: Dimension, scope: Scope) -> list[Row]:
    kept = withheld(session, dimension)
    within = replace(scope, without=tuple(batch for one in kept for batch in one.batches))
    return [row for row in rows_by(session, dimension, within) if row.key][:MOST_VALUES]


def _rest(row: Row, rows: Sequence[Row]) -> Row | None:
    """All other values together; None where either side has too few."""
    others = [one for one in rows if one is not row]
    rest = Row(
        "",
        sum(one.sent for one in others),
        sum(one.replied for one in others),
        sum(one.positive for one in others),
        sum(one.met for one in others),
    )
    return rest if row.sent >= ENOUGH and rest.sent >= ENOUGH else None


def problems(text: str, cited: Sequence[int], rows: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong with a statement, a sentence each: a number from nowhere, a difference that is none."""
    known = {row["number"]: row for row in rows}
    strange = [number for number in cited if number not in known]
    used = [known[number] for number in cited if number in known]
    found = [f"there is no row {number}" for number in strange]
    if not used:
        found.append("it cites no row")
    if not text.strip() or len(text) > LONGEST:
        found.append(f"it must have 1 to {LONGEST} characters")
    borne_out = {_plain(number) for row in used for number in _NUMBER.findall(row["says"])}
    if made_up := [number for number in _NUMBER.findall(text) if _plain(number) not in borne_out]:
        found.append(f"the rows that it cites do not have {', '.join(made_up)}")
    compared = [row for row in used if row["kind"] == "difference"]
    if (word := _COMPARES.search(text)) and not (compared and all(row["real"] for row in compared)):
        found.append(f"'{word[0]}' tells of a difference, and the rows that it cites show none beyond chance")
    return found


def _plain(number: str) -> str:
    return number.replace(",", "").rstrip(".")
