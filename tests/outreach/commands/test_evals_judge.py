"""A language model as the judge of style: its word counts only where it agrees with the labels."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agents.models.rules import answer
from evals.judge_rules import Shown, StyleVerdict
from evals.judging import HELD_OUT
from evals.suites import load_suite
from tests.outreach.conftest import Outreach
from tests.support.inspecting import RUNS_INSPECT
from tests.support.openai_server import ScriptedServer, policy_script, route

pytestmark = RUNS_INSPECT
CASES = 24


class Judge:
    """Says what the labels say, but of every `wrong`th message the opposite; what has no label is good."""

    def __init__(self, labels: dict[str, bool], wrong: int) -> None:
        self.labels, self.wrong = labels, wrong

    def __call__(self, messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
        assert (tools, schema) == ((), StyleVerdict.__name__)
        body = json.loads(str(next(m for m in messages if isinstance(m, HumanMessage)).content))["body"]
        said = self.labels.get(body, True)
        if body in self.labels and list(self.labels).index(body) % self.wrong == 0:
            said = not said
        return answer(StyleVerdict(defects=[] if said else [Shown(words=body[:9], defect="flow")]))


@pytest.fixture
def labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, bool]]:
    """Few of the labelled messages, half of them good, as the whole suite."""
    suite = load_suite("judge")
    held = [case for case in suite.cases() if HELD_OUT in case.tags]
    good: list[Any] = [case for case in held if "good" in case.tags][: CASES // 2]
    bad: list[Any] = [case for case in held if "good" not in case.tags][: CASES // 2]
    some = [case for pair in zip(good, bad, strict=True) for case in pair]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(case.raw) + "\n" for case in some), encoding="utf-8")
    monkeypatch.setitem(suite.__dict__, "files", (path,))
    return {case.input.body: case.expected.good for case in some}


@pytest.mark.parametrize(("wrong", "kappa", "counted"), [(4, 0.5, False), (12, 0.83, True)])
def test_a_judge_counts_where_it_agrees_with_the_labels(
    outreach: Outreach,
    home: Path,
    labels: dict[str, bool],
    monkeypatch: pytest.MonkeyPatch,
    wrong: int,
    kappa: float,
    counted: bool,
) -> None:
    with ScriptedServer(policy_script(route({StyleVerdict.__name__: Judge(labels, wrong)}))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        measured = outreach("eval", "run", "judge", "--model", "scripted", "--json")
        assert measured.exit_code == 0, measured.stderr
        asked = server.calls
        shown = outreach("eval", "run", "drafting", "--only", "drf-001", "--judge", "scripted")
    assert (asked, server.calls > asked) == (CASES, True)
    told = " ".join((shown.stdout + shown.stderr).split())
    assert f"kappa {kappa:.2f}" in told
    assert ("not counted" in told) is not counted
    assert ("below 0.6" in told) is not counted
