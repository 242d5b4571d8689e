"""`outreach eval` and `outreach prompts`: runs, comparisons, the gate, and what a kill leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from agents.orchestrator_policy import policy
from evals import running
from evals.running import Trial
from evals.suites import load_suite, suite_names
from prompts import FOLDER, newest
from tests.outreach.conftest import Outreach
from tests.support.inspecting import RUNS_INSPECT
from tests.support.openai_server import Reply, ScriptedServer, policy_script
from tests.support.pictures import IN_COLOUR, compare

pytestmark = RUNS_INSPECT
GOALS = "orchestrator_goals"
INSTRUCTION = "- `not_understood`:"


def obedient(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
    """A model that does what its prompt asks: without the instruction, it hands nothing back."""
    said = policy(messages, tools=tools, schema=schema)
    if INSTRUCTION in str(messages[0].content):
        return said
    return AIMessage(json.dumps({**json.loads(str(said.content)), "not_understood": []}))


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer(policy_script(obedient)) as found:
        monkeypatch.setenv("OPENAI_BASE_URL", found.base_url)
        monkeypatch.setenv("OUTREACH_MODEL", "scripted")
        monkeypatch.setenv("OUTREACH_PRICE_IN", "1")
        monkeypatch.setenv("OUTREACH_PRICE_OUT", "2")
        yield found


def damage(home: Path) -> None:
    """A version of one's own without the instruction to hand back what was not understood."""
    text = newest("orchestrator").text
    kept = text[: text.index(INSTRUCTION)].replace(
        "so an order that leaves\na wish out", "so an order that leaves\nit out"
    )
    folder = home / "prompts" / "orchestrator"
    folder.mkdir(parents=True)
    (folder / "v99.md").write_text(kept, encoding="utf-8")


def run_of(outreach: Outreach, *args: str) -> dict[str, Any]:
    result = outreach("eval", "run", *args, "--json")
    assert result.exit_code == 0, result.stderr
    [summary] = json.loads(result.stdout)
    found: dict[str, Any] = summary
    return found


def test_a_damaged_prompt_is_reported_as_worse(
    outreach: Outreach, home: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(home)
    some = ("--only", "lost", "--only", "plain")
    good = run_of(outreach, GOALS, *some)
    bad = run_of(outreach, GOALS, *some, "--prompt", "orchestrator@v99")
    told = json.loads(outreach("eval", "compare", good["run"], bad["run"], "--json").stdout)
    passed = next(metric for metric in told["metrics"] if metric["metric"] == "passed")
    assert passed["change"] < -0.15
    assert passed["high"] < 0
    assert len(told["broken"]) > 4 * len(told["fixed"])
    assert told["p"] < 0.01
    assert "orchestrator@v99" in told["differs"][0]
    assert told["first"]["cost_usd"] > told["second"]["cost_usd"] > 0
    monkeypatch.delenv("NO_COLOR")
    for name, value in IN_COLOUR.items():
        monkeypatch.setenv(name, value)
    shown = outreach("eval", "compare", good["run"], bad["run"]).stdout
    assert "worse" in shown
    compare("comparison", shown, "outreach eval compare A B")


def test_two_identical_runs_do_not_differ(outreach: Outreach, home: Path) -> None:
    one, two = run_of(outreach, GOALS, "--limit", "20"), run_of(outreach, GOALS, "--limit", "20")
    assert one["run"] != two["run"]
    told = json.loads(outreach("eval", "compare", one["run"], two["run"], "--json").stdout)
    assert {(m["change"], m["low"], m["high"]) for m in told["metrics"]} == {(0.0, 0.0, 0.0)}
    assert (told["fixed"], told["broken"], told["p"], told["differs"]) == ([], [], 1.0, [])
    shown = outreach("eval", "compare", one["run"], two["run"]).stdout
    assert "not clearly different" in shown
    assert outreach("eval", "view", one["run"], "--into", str(home / "new" / "run.html")).exit_code == 0
    assert "is there already" in outreach("eval", "view", one["run"], "--into", str(home / "new")).stderr
    assert "worse" not in shown


def test_answers_come_from_the_cache_by_epoch(outreach: Outreach, home: Path, server: ScriptedServer) -> None:
    first = run_of(outreach, GOALS, "--limit", "10", "--epochs", "2")
    asked = server.calls
    assert (first["calls"], asked, first["cached"]) == (20, 20, 0)
    again = run_of(outreach, GOALS, "--limit", "10", "--epochs", "2")
    assert (again["calls"], again["cached"], server.calls) == (20, 20, asked)
    assert again["price"]["cost_usd"] == pytest.approx(first["price"]["cost_usd"])
    assert again["pass_k"]["2"] == first["pass_k"]["2"]
    assert run_of(outreach, GOALS, "--limit", "10", "--no-cache")["cached"] == 0


def lines(home: Path) -> list[dict[str, Any]]:
    paths = list((home / "evals" / "runs").glob("*/results.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def test_a_run_that_was_killed_goes_on_where_it_stood(
    outreach: Outreach, home: Path, server: ScriptedServer, wait: Callable[[Callable[[], bool]], None]
) -> None:
    slow = server.script

    def script(request: dict[str, Any], number: int) -> Any:
        time.sleep(0.05)
        return slow(request, number)

    server.script = script
    command = [sys.executable, "-m", "outreach", "eval", "run", GOALS, "--concurrency", "2", "--limit", "25"]
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait(lambda: any((home / "evals" / "runs").glob("*/results.jsonl")) and len(lines_so_far(home)) >= 8)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = lines_so_far(home)
    assert 8 <= len(before) < 25
    [path] = (home / "evals" / "runs").glob("*/results.jsonl")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"case": "goal-0')  # as a kill in the middle of writing leaves it
    asked = server.calls
    summary = run_of(outreach, GOALS, "--limit", "25")
    found = lines(home)
    assert summary["finished"] == len(found) == len({line["case"] for line in found}) == 25
    assert found[: len(before)] == before
    assert server.calls - asked <= 25 - len(before)
    assert len(list((home / "evals" / "runs").iterdir())) == 1


def lines_so_far(home: Path) -> list[dict[str, Any]]:
    [path] = (home / "evals" / "runs").glob("*/results.jsonl")
    whole = path.read_bytes()
    return [json.loads(line) for line in whole[: whole.rfind(b"\n") + 1].splitlines()]


@pytest.fixture
def wait() -> Callable[[Callable[[], bool]], None]:
    def until(ready: Callable[[], bool]) -> None:
        end = time.monotonic() + 90
        while not ready():
            assert time.monotonic() < end
            time.sleep(0.05)

    return until


def test_a_limit_of_money_stops_the_run_and_it_goes_on_with_more(
    outreach: Outreach, home: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_MAX_CALLS", "5")
    stopped = outreach("eval", "run", GOALS, "--concurrency", "2", "--limit", "12")
    assert stopped.exit_code == 1
    assert "The run stopped" in stopped.stderr
    assert 1 <= len(lines(home)) <= 5
    monkeypatch.setenv("OUTREACH_MAX_CALLS", "500")
    assert run_of(outreach, GOALS, "--limit", "12")["finished"] == 12


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(raw=b"<html>Welcome</html>", content_type="text/html"), "is not a chat completion"),
        (Reply.error(400, "no such model"), "refused with 400"),
    ],
)
def test_a_server_that_answers_no_case_is_no_wrong_answer(
    outreach: Outreach, home: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, reply: Reply, said: str
) -> None:
    monkeypatch.setenv("OUTREACH_MODEL_ATTEMPTS", "1")
    server.script = lambda _request, _number: reply
    for limit in ("3", "40"):  # fewer than it takes to see it, and more
        stopped = outreach("eval", "run", GOALS, "--limit", limit, "--concurrency", "2")
        assert stopped.exit_code == 1
        assert said in stopped.stderr
        assert "nothing was measured" in stopped.stderr
        assert "outreach doctor" in stopped.stderr
        assert stopped.stdout == ""
    assert server.calls < 15
    assert list((home / "evals" / "runs").iterdir()) == []


def test_a_model_without_its_key_is_said_at_once(
    outreach: Outreach, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_MODEL", "gpt-4o-mini")
    stopped = outreach("eval", "run", GOALS, "--limit", "3")
    assert stopped.exit_code == 1
    assert "OPENAI_API_KEY" in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_a_case_that_one_model_refuses_is_wrong_where_others_are_answered(
    outreach: Outreach, home: Path, server: ScriptedServer
) -> None:
    answers = server.script
    server.script = lambda request, number: Reply.error(413, "too long") if number == 1 else answers(request, number)
    told = run_of(outreach, GOALS, "--limit", "6", "--concurrency", "1")
    assert (told["finished"], told["cases"]) == (6, 6)
    assert told["ended"]
    assert sum("refused with 413" in (line["error"] or "") for line in lines(home)) == 1


def test_a_half_done_run_looks_like_none_that_was_measured(
    outreach: Outreach, home: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_MAX_CALLS", "3")
    stopped = outreach("eval", "run", GOALS, "--limit", "9", "--concurrency", "1")
    assert "3 of 9 cases are finished and kept" in stopped.stderr
    assert f"outreach eval run --limit 9 --concurrency 1 {GOALS}" in stopped.stderr
    monkeypatch.delenv("OUTREACH_MAX_CALLS")
    whole = run_of(outreach, GOALS, "--limit", "8")
    half = next(path.name for path in (home / "evals" / "runs").iterdir() if path.name != whole["run"])
    refused = outreach("eval", "compare", half, whole["run"])
    assert refused.exit_code == 2
    assert "has not ended: 3 of 9 are finished" in refused.stderr
    assert f"outreach eval run {GOALS}" in refused.stderr
    (home / "evals" / "runs" / whole["run"]).rename(home / "elsewhere")
    listed = outreach("eval", "list")
    assert "not finished: 3 of 9" in listed.stdout
    row = next(r for r in json.loads(outreach("eval", "list", "--json").stdout) if r["suite"] == GOALS)
    assert (row["right"], row["finished"], row["ended"]) == (None, 3, None)


def test_several_suites_are_told_as_they_go(outreach: Outreach, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.console.TOLD_EVERY_S", 0.0)
    ran = outreach("eval", "run", "--only", "goal-001", "--only", "goal-021")
    assert ran.exit_code == 0, ran.stderr
    assert "2 suites, 4 cases, by the written rules" in ran.stderr
    assert "Running cases: 1 of 4" in ran.stderr
    two = outreach("eval", "run", GOALS, "prospector_mapping", "--limit", "2")
    assert f"{GOALS}: 2 of 2 right" in two.stderr
    assert [line.split()[0] for line in two.stdout.splitlines()] == ["suite", GOALS, "prospector_mapping"]
    assert "No suite has a case with nowhere" in outreach("eval", "run", "--only", "nowhere").stderr


def test_what_is_stopped_says_what_goes_on_with_the_rest(
    outreach: Outreach, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(trial: Trial, *args: Any) -> Any:
        if trial.suite.name != GOALS:
            raise KeyboardInterrupt
        return begin(trial, *args)

    begin = running._worlds
    monkeypatch.setattr(running, "_worlds", stopping)
    stopped = outreach("eval", "run", GOALS, "prospector_mapping", "judge", "--limit", "2")
    assert stopped.exit_code == 130
    assert "2 of 6 cases are finished and kept" in stopped.stderr
    assert "outreach eval run --limit 2 prospector_mapping judge" in stopped.stderr.replace("\n", " ")
    assert len(list((home / "evals" / "runs").iterdir())) == 1
    # inspect takes a Ctrl-C for itself, and gives no log where nothing had begun.
    monkeypatch.setattr(running, "_worlds", begin)
    monkeypatch.setattr(running.inspect_ai, "eval", lambda *_args, **_more: [])
    stopped = outreach("eval", "run", GOALS, "--limit", "3")
    assert stopped.exit_code == 130
    assert "nothing was measured" in stopped.stderr


@pytest.mark.timeout(600)  # the encoder, on a machine that does other things as well
@pytest.mark.parametrize("suite", suite_names())
def test_the_rules_model_passes_the_gate(outreach: Outreach, home: Path, suite: str) -> None:
    result = outreach("eval", "gate", suite, "--json")
    found = json.loads(result.stdout)
    missed = [f"{check['metric']} {check['value']}" for check in found if not check["held"]]
    shown = json.loads(outreach("eval", "show", "--json").stdout)
    assert missed == [], [(failure["case"], failure["wrong"]) for failure in shown["failures"]]
    assert result.exit_code == 0
    assert {check["suite"] for check in found} == {suite}


def test_the_gate_says_no(outreach: Outreach, home: Path, server: ScriptedServer) -> None:
    damage(home)
    result = outreach("eval", "gate", GOALS, "--prompt", "orchestrator@v99")
    assert result.exit_code == 1
    assert "NO" in result.stdout
    assert "missed" in result.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("run", "nothing"), "There is no suite nothing"),
        (("run", GOALS, "--prompt", "qc@v1"), "does not use qc@v1"),
        (("run", GOALS, "--prompt", "orchestrator@v77"), "There is no prompt orchestrator@v77"),
        (("run", GOALS, "--only", "no-such-tag"), "no case with no-such-tag"),
        (("show",), "Nothing was run yet"),
        (("compare", "a", "b"), "Nothing was run yet"),
    ],
)
def test_what_cannot_be_run_is_said(outreach: Outreach, home: Path, args: tuple[str, ...], said: str) -> None:
    result = outreach("eval", *args)
    assert result.exit_code == 2
    assert said in result.stderr.replace("\n", " ")


def test_runs_of_different_suites_are_not_compared(outreach: Outreach, home: Path) -> None:
    goals = run_of(outreach, GOALS, "--limit", "3")
    columns = run_of(outreach, "prospector_mapping", "--limit", "3")
    result = outreach("eval", "compare", goals["run"], columns["run"])
    assert result.exit_code == 2
    more = run_of(outreach, GOALS, "--limit", "6")
    told = json.loads(outreach("eval", "compare", goals["run"], more["run"], "--json").stdout)
    assert (told["cases"], told["left_out"]) == (3, 3)


def test_show_view_and_list(outreach: Outreach, home: Path) -> None:
    summary = run_of(outreach, GOALS, "--only", "goal-021", "--only", "goal-001")
    shown = outreach("eval", "show")
    assert "goal-021" in shown.stdout
    assert "model_call orchestrator success" in shown.stdout
    assert "goal-001" not in shown.stdout
    assert "no case goal-999 is finished" in outreach("eval", "show", "--case", "goal-999").stderr
    path = Path(outreach("eval", "view").stdout.strip())
    page = path.read_text("utf-8")
    assert "goal-001" in page
    assert "http" not in page.replace("http-equiv", "")
    listed = json.loads(outreach("eval", "list", "--json").stdout)
    assert {row["suite"]: row["last_run"] for row in listed}[GOALS] == summary["run"]


def test_a_bad_case_is_named(outreach: Outreach, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad = tmp_path / "cases.jsonl"
    bad.write_text('{"id": "g-1", "input": {"gaol": "x"}, "expected": {}, "source": "a test"}\n', "utf-8")
    suite = load_suite(GOALS)
    monkeypatch.setitem(suite.__dict__, "files", (bad,))
    result = outreach("eval", "run", GOALS)
    assert result.exit_code == 2
    assert "cases.jsonl, line 1 (g-1): input.gaol: there is no such field" in result.stderr


def test_a_missing_extra_is_said(outreach: Outreach, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.evaluating.find_spec", lambda _name: None)
    result = outreach("eval", "run", GOALS)
    assert result.exit_code == 1
    assert "outreach-command-center[evals]" in result.stderr


def test_prompts_are_listed_compared_and_put_in_force(outreach: Outreach, home: Path) -> None:
    damage(home)
    rows = json.loads(outreach("prompts", "list", "--json").stdout)
    assert {(r["prompt"], r["whose"], r["in_force"]) for r in rows if r["prompt"].startswith("orchestrator")} == {
        ("orchestrator@v1", "shipped", True),
        ("orchestrator@v99", "yours", False),
    }
    differing = outreach("prompts", "diff", "orchestrator@v1", "orchestrator@v99")
    assert differing.exit_code == 1
    assert f"-{INSTRUCTION}" in differing.stdout
    assert outreach("prompts", "diff", "qc@v1", "qc@v1").exit_code == 0
    assert outreach("prompts", "activate", "orchestrator@v99").exit_code == 0
    assert run_of(outreach, GOALS, "--limit", "1")["prompts"]["orchestrator"]["id"] == "orchestrator@v99"
    assert outreach("prompts", "activate", "orchestrator@v1").exit_code == 0
    assert (home / "prompts" / "active.toml").read_text("utf-8") == ""
    assert outreach("prompts", "activate", "orchestrator@v5").exit_code == 2


def test_a_prompt_that_does_not_fit_is_not_put_in_force(outreach: Outreach, home: Path) -> None:
    folder = home / "prompts" / "qc"
    folder.mkdir(parents=True)
    (folder / "v9.md").write_text("Judge {{ playbook.titel }}.", encoding="utf-8")
    result = outreach("prompts", "activate", "qc@v9")
    assert result.exit_code == 1
    assert "titel" in result.stderr
    assert (FOLDER / "qc" / "v1.md").is_file()
