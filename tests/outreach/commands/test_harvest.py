"""`outreach eval harvest` and `add` at the prompt."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals import suites
from tests.outreach.conftest import Outreach

LINE = {
    "id": "harvest-1",
    "input": {"goal": "seven drafts in Kentucky, please", "playbook": "sports-lighting"},
    "expected": {"order": {"count": 7, "states": ["KY"]}},
    "tags": ["harvest"],
    "source": "harvest 2026-06-15",
}


@pytest.fixture
def own_suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The suites in a folder that may be written to."""
    folder = tmp_path / "suites"
    original = suites.FOLDER / "orchestrator_goals"
    (folder / "orchestrator_goals").mkdir(parents=True)
    for name in ("suite.toml", "cases.jsonl"):
        (folder / "orchestrator_goals" / name).write_bytes((original / name).read_bytes())
    monkeypatch.setattr(suites, "FOLDER", folder)
    suites.load_suite.cache_clear()
    yield folder / "orchestrator_goals" / "cases.jsonl"
    suites.load_suite.cache_clear()


def test_nothing_was_corrected(outreach: Outreach, tmp_path: Path) -> None:
    outreach("init")
    said = outreach("eval", "harvest", "--into", str(tmp_path / "h"))
    assert said.exit_code == 0
    assert "Nobody has corrected anything." in said.stderr


def test_what_is_no_suite_is_refused(outreach: Outreach, tmp_path: Path) -> None:
    assert outreach("eval", "harvest", "--into", str(tmp_path), "--suite", "nothing").exit_code == 2


def test_cases_are_added_once(outreach: Outreach, own_suites: Path, tmp_path: Path) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text(json.dumps(LINE), encoding="utf-8")
    before = own_suites.read_text(encoding="utf-8").count("\n")
    for _ in range(2):
        assert outreach("eval", "add", str(file), "--suite", "orchestrator_goals").exit_code == 0
    lines = own_suites.read_text(encoding="utf-8").splitlines()
    assert len(lines) == before + 1
    assert json.loads(lines[-1]) == LINE


@pytest.mark.parametrize("change", [{"expected": {"order": {"cuont": 7}}}, {"id": "goal-001"}])
def test_a_wrong_file_adds_nothing(
    outreach: Outreach, own_suites: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text(json.dumps({**LINE, **change}), encoding="utf-8")
    before = own_suites.read_bytes()
    assert outreach("eval", "add", str(file), "--suite", "orchestrator_goals").exit_code == 2
    assert own_suites.read_bytes() == before
