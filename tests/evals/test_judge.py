"""The judge: what the rules see in a message, and whose word counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evals.cases import dataset_hash
from evals.gating import checks
from evals.judge_rules import DEFECTS, verdict
from evals.judging import BAR, HELD_OUT, agreement, standing
from evals.results import Plan, Result, Run, Runs
from evals.suites import load_suite
from evals.tasks import PASSED

PLAIN = (
    "Hi Nell,\n\nCold Spring's field lights date from 1994.\n\nLamps of that kind fade slowly. We begin with a study"
    " from plans and photos.\n\nWould a study like that be useful to have on file?\n\nBest,\nDana"
)
JUDGE = load_suite("judge")
DRAFTING = load_suite("drafting")


def seen(body: str, subject: str = "The lights") -> set[str]:
    message = {"touch": "first", "contact": "", "organisation": "", "facts": [], "subject": subject, "body": body}
    return {shown.defect for shown in verdict(message).defects}


def test_a_plain_message_has_no_defect() -> None:
    assert seen(PLAIN) == set()


@pytest.mark.parametrize(
    ("old", "new", "defect"),
    [
        ("Cold Spring's field", "My name is Dana. Cold Spring's field", "opening"),
        ("We begin with", "Our revolutionary team begins with", "hype"),
        ("Lamps of", "I have not heard back from you. Lamps of", "pressure"),
        ("Lamps of", "You are a true visionary. Lamps of", "flattery"),
        ("fade slowly", "are outdated", "blame"),
        ("useful to have on file?", "useful? Who decides?", "ask"),
        ("Would a study like that be useful to have on file?", "I thought that you should know.", "ask"),
        ("Would a study like that be useful to have on file?", "Is Tuesday good for a demo?", "ask"),
        ("We begin with a study", "The field lights of Cold Spring date from 1994. We begin with a study", "flow"),
        ("Lamps of that kind fade slowly.", "- dimming\n- aiming\n- cameras", "form"),
        ("Lamps of that kind fade slowly.", "word " * 41 + "end.", "form"),
    ],
)
def test_the_rules_see_each_kind_of_defect(old: str, new: str, defect: str) -> None:
    assert old in PLAIN
    assert seen(PLAIN.replace(old, new)) == {defect}


def test_every_defect_is_labelled_in_both_halves() -> None:
    for half in (HELD_OUT, "tuning"):
        tags = {tag for case in JUDGE.cases() if half in case.tags for tag in case.tags}
        assert tags >= {*DEFECTS, "good"}


Says = Callable[[int, bool], bool]


def judged(folder: Path, says: Says, model: str = "scripted", code: str = "c") -> Runs:
    """A whole run of the suite `judge` by a judge that says `says(number, label)` of each message."""
    runs, cases = Runs(folder), JUDGE.cases()
    run = runs.begin(plan("judge", model, code, dataset_hash(cases), tuple(case.id for case in cases)))
    for number, case in enumerate(cases):
        good: bool = case.expected.good  # type: ignore[attr-defined]
        said = says(number, good)
        run.add(result(case.id, {"verdict": {"good": said}}, {"verdict": (float(said == good), 1.0)}))
    run.ended = datetime.now(UTC)
    run.save()
    return runs


def plan(
    suite: str, model: str, code: str = "c", dataset: str = "d", cases: tuple[str, ...] = ("a",), **more: Any
) -> Plan:
    prompts = {"judge": {"id": "judge@v1", "hash": "h"}}
    return Plan(suite, dataset, cases, prompts, model, more, 1, code, "0")


def result(case: str, got: dict[str, Any], marks: dict[str, tuple[float, float]]) -> Result:
    return Result(case, 1, case, True, {PASSED: (1.0, 1.0), **marks}, got)


def test_a_judge_that_agrees_counts_and_holds_the_gate(tmp_path: Path) -> None:
    runs = judged(tmp_path, lambda number, good: good if number % 10 else not good)
    found = standing(runs, plan("drafting", "scripted"))
    assert found.counted
    assert found.agreement is not None
    assert found.agreement.kappa > BAR
    assert not style(tmp_path, runs).held


def test_a_judge_that_guesses_is_shown_and_never_gates(tmp_path: Path) -> None:
    runs = judged(tmp_path, lambda number, good: good if number % 3 else not good)
    found = standing(runs, plan("drafting", "scripted"))
    assert not found.counted
    assert "below 0.6" in found.why
    check = style(tmp_path, runs)
    assert (check.value, check.counted, check.held) == (0.0, False, True)


def style(folder: Path, runs: Runs) -> Any:
    """The gate's threshold on style, of a run in which the judge called every message bad."""
    run = Run(folder / "x", plan("drafting", "scripted"), datetime.now(UTC))
    run.results = [result("a", {}, {"style": (0.0, 1.0)})]
    [check] = [check for check in checks(DRAFTING, run, runs) if check.metric == "style"]
    return check


def test_one_who_says_the_same_of_all_agrees_by_chance(tmp_path: Path) -> None:
    runs = judged(tmp_path, lambda _number, _good: True)
    found = agreement(runs.find("last").results)
    assert found is not None
    assert found.kappa == 0.0


def test_only_what_was_measured_counts(tmp_path: Path) -> None:
    runs = judged(tmp_path, lambda _number, good: good)
    assert standing(runs, plan("drafting", "scripted")).counted
    assert standing(runs, plan("drafting", "rules", judge="scripted")).counted
    assert "was not measured" in standing(runs, plan("drafting", "another")).why
    assert "was not measured" in standing(runs, plan("drafting", "scripted", judge="another")).why


def test_a_run_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    runs = judged(tmp_path, lambda _number, good: good)
    run = runs.find("last")
    run.ended = None
    run.save()
    assert not standing(runs, plan("drafting", "scripted")).counted


def test_the_rules_are_another_judge_with_other_code(tmp_path: Path) -> None:
    runs = judged(tmp_path, lambda _number, good: good, model="rules", code="old")
    assert standing(runs, plan("drafting", "rules", "old")).counted
    assert not standing(runs, plan("drafting", "rules", "new")).counted
