"""What the rules find in drafts written by hand, and what they leave alone: floors near the measured figures."""

import json
import time
from pathlib import Path

import pytest

from evals.qc_rules import DATA, TODAY, Score, labelled, measure
from playbooks import playbook_names
from tools.qc import RULES
from tools.qc.files import judge_drafts, read_drafts

ROWS = labelled(sorted(DATA.glob("*.jsonl")))
# An agent's draft alone can break these; their own tests plant them.
FOR_AGENTS = {"claim.none", "claim.unknown_fact", "link.foreign", "variant.other"}
FEW = 0.9  # a rule of whose defects one in ten may be missed, or whose findings one in ten may be wrong
EVERY = 1.0
SURE = {"claim.unsupported", "claim.number", "organisation.wrong", "style.opener", "style.impersonal"}
"""Rules that judge free text: what they are held to is below what was measured (1.0)."""


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return measure(ROWS)


def test_the_set_is_large_and_of_both_playbooks() -> None:
    assert len(ROWS) >= 150
    assert (
        len({row["id"] for row in ROWS}) == len(ROWS) == len({row["body"] + row["subject"] + str(row) for row in ROWS})
    )
    assert {row["playbook"] for row in ROWS} == set(playbook_names()), "a shipped playbook has drafts in evals/data/qc"
    assert sum(not row["expect"] for row in ROWS) >= 40
    assert {rule.id for rule in RULES} - {rule for row in ROWS for rule in row["expect"]} == FOR_AGENTS


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.id not in FOR_AGENTS])
def test_precision_and_recall_of_each_rule(scores: dict[str, Score], rule: str) -> None:
    score, floor = scores[rule], FEW if rule in SURE else EVERY
    assert (score.recall or 0) >= floor, score.missed
    assert (score.precision or 0) >= floor, score.false


def test_clean_drafts_pass_and_blocked_ones_do_not(scores: dict[str, Score]) -> None:
    assert (scores["passed"].recall or 0) >= 0.98, scores["passed"].missed
    assert (scores["passed"].precision or 0) >= 0.98, scores["passed"].false


def test_every_mark_is_where_it_says() -> None:
    judged = judge_drafts(read_drafts(json.dumps(ROWS)), today=TODAY)
    for row, judgement in zip(ROWS, judged, strict=True):
        for finding in judgement.findings:
            if finding.start is not None and finding.end is not None:
                text = {"subject": row["subject"], "body": row["body"]}[finding.field]
                assert text[finding.start : finding.end] == finding.text, (row["id"], finding)
                assert finding.text


def test_a_check_is_quick() -> None:
    given = read_drafts(json.dumps(ROWS))
    judge_drafts(given, today=TODAY)
    began = time.perf_counter()
    judge_drafts(given, today=TODAY)
    assert (time.perf_counter() - began) / len(given) < 0.1


def test_a_label_that_is_no_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no rule: nonsense"):
        measure([{**ROWS[0], "expect": ["nonsense"]}])
