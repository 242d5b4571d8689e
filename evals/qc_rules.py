"""How well QC's rules find what is wrong: precision and recall of each over labelled drafts (docs/qc.md)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tools.qc import RULES
from tools.qc.files import judge_drafts, read_drafts

DATA = Path(__file__).parent / "data" / "qc"
TODAY = date(2026, 6, 15)
"""The day that the labelled drafts were written for: their facts' ages are counted from it."""


@dataclass
class Score:
    """How often a rule was right: found where expected, found where not, missed. Lists hold the drafts' ids."""

    found: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """Share of its findings that were expected, 0 to 1; None where it found nothing."""
        total = len(self.found) + len(self.false)
        return len(self.found) / total if total else None

    @property
    def recall(self) -> float | None:
        """Share of the planted defects that it found, 0 to 1; None where none was planted."""
        total = len(self.found) + len(self.missed)
        return len(self.found) / total if total else None


def labelled(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The labelled drafts of JSONL files: drafts of `outreach qc check`, each with `expect`, the ids of its rules."""
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").split("\n") if line.strip()]


def measure(rows: Sequence[dict[str, Any]]) -> dict[str, Score]:
    """The score of every rule over labelled drafts, by rule id; `passed` says of each draft whether it may go."""
    judged = judge_drafts(read_drafts(json.dumps(list(rows))), today=TODAY)
    blocks = {rule.id for rule in RULES if rule.severity == "block"}
    scores = {name: Score() for name in (*(rule.id for rule in RULES), "passed")}
    for row, judgement in zip(rows, judged, strict=True):
        expected, got = set(row["expect"]), {finding.rule for finding in judgement.findings}
        if unknown := expected - set(scores):
            raise ValueError(f"{row['id']} expects what is no rule: {', '.join(sorted(unknown))}")
        expected |= set() if expected & blocks else {"passed"}
        got |= {"passed"} if judgement.passed else set()
        for name in expected | got:
            score = scores[name]
            (score.found if name in expected & got else score.false if name in got else score.missed).append(row["id"])
    return scores
