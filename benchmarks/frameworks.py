"""What a step costs here and in other frameworks: five tool calls against one loopback server, CPU of the client.

    python -m benchmarks.frameworks [--runs 20] [--envs FOLDER]

crewAI, openai-agents and pydantic-ai each get an environment of their own by pip, in a temporary folder (`--envs` keeps
and uses it again), at the versions named below, their telemetry off. All run the same task: one agent, one tool that
gives a text at once, five calls of it one after the other, then an answer; the server is in a process of its own and
answers at once. Counted is the processor time of the client's process, imports left out, over the six requests and five
tool calls of a run. The sides take turns. Ours runs with LangGraph's checkpoints at sync durability and a row for every
step, and without either (`create_agent` over our model alone).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from agents.models.rules import call
from benchmarks.recorded_step import CALLS, STEPS, TEXT
from tests.support.openai_server import ScriptedServer, policy_script

PACKAGES = {
    "crewai": "crewai==1.15.30",
    "openai-agents": "openai-agents==0.24.0",
    "pydantic-ai": "pydantic-ai-slim[openai]==2.68.0",
}
QUIET = {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "OTEL_SDK_DISABLED": "true",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "LOGFIRE_IGNORE_NO_CONFIG": "1",
    "OPENAI_API_KEY": "none",
    "NO_PROXY": "127.0.0.1",
}
MEASURE = """
import asyncio, json, os, sys, time
base, runs, TEXT = sys.argv[1], int(sys.argv[2]), sys.argv[3]

def measured(one):
    for _ in range(3):
        one()
    began = time.process_time()
    for _ in range(runs):
        one()
    print(json.dumps((time.process_time() - began) * 1000 / runs))
"""
CLIENTS = {
    "crewai": '''
from crewai import Agent, Crew, LLM, Task
from crewai.tools import tool

@tool("look_up")
def look_up(subject: str) -> str:
    """Looks something up."""
    return f"{subject}: {TEXT}"

look_up.cache_function = lambda _arguments, _result: False
llm = LLM(model="openai/gpt-4o-mini", base_url=base, api_key="none")

def one():
    agent = Agent(role="Researcher", goal="Facts", backstory="Careful", tools=[look_up], llm=llm, verbose=False)
    task = Task(description="Test College", expected_output="What is known", agent=agent)
    Crew(agents=[agent], tasks=[task], verbose=False).kickoff()

measured(one)
''',
    "openai-agents": '''
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

set_tracing_disabled(True)

@function_tool
def look_up(subject: str) -> str:
    """Looks something up."""
    return f"{subject}: {TEXT}"

loop = asyncio.new_event_loop()
model = OpenAIChatCompletionsModel(model="scripted", openai_client=AsyncOpenAI(base_url=base, api_key="none"))
agent = Agent(name="researcher", instructions="Find facts.", tools=[look_up], model=model)
measured(lambda: loop.run_until_complete(Runner.run(agent, "Test College")))
''',
    "pydantic-ai": '''
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

loop = asyncio.new_event_loop()
model = OpenAIChatModel("scripted", provider=OpenAIProvider(base_url=base, api_key="none"))
agent = Agent(model, instructions="Find facts.")

@agent.tool_plain
def look_up(subject: str) -> str:
    """Looks something up."""
    return f"{subject}: {TEXT}"

measured(lambda: loop.run_until_complete(agent.run("Test College")))
''',
    "ours, recorded": """
from tempfile import TemporaryDirectory
from benchmarks.recorded_step import recorded_by
from outreach.logs import configure_logging

configure_logging("console", "error")
loop = asyncio.new_event_loop()
with TemporaryDirectory() as folder:
    step = recorded_by(folder, base)
    run = loop.run_until_complete(step.__aenter__())
    number = iter(range(10**6))
    measured(lambda: loop.run_until_complete(run(f"run:{next(number)}")))
    loop.run_until_complete(step.__aexit__(None, None, None))
""",
    "ours, neither recorded nor checkpointed": """
from langchain.agents import create_agent
from agents.models import ModelSettings, build_model
from benchmarks.recorded_step import look_up, policy

loop = asyncio.new_event_loop()
agent = create_agent(build_model(ModelSettings(name="scripted", base_url=base), policy), [look_up])
measured(lambda: loop.run_until_complete(agent.ainvoke({"messages": [("user", "Test College")]})))
""",
}


def script(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """Five look-ups, then an end, counted by their answers."""
    told = sum(isinstance(message, ToolMessage) for message in messages)
    return call("look_up", subject=f"fact {told + 1}") if told < CALLS else AIMessage("That is all.")


def interpreter(name: str, envs: Path) -> Path | None:
    """The Python of a framework's environment, made where it is not there; None, with a word, where pip cannot."""
    env = envs / name
    if not (env / "ready").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(env)], check=True)
            install = [str(env / "bin" / "python"), "-m", "pip", "install", "-q", PACKAGES[name]]
            subprocess.run(install, check=True, stdout=subprocess.DEVNULL, timeout=1800)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
            print(f"{PACKAGES[name]} cannot be installed here, and is left out: {exc}")
            return None
        (env / "ready").touch()
    return env / "bin" / "python"


def client(python: Path, name: str, base: str, runs: int) -> float | None:
    """Milliseconds of CPU of a run; None, with a word, where it failed."""
    command = [str(python), "-c", MEASURE + CLIENTS[name], base, str(runs), TEXT]
    with tempfile.TemporaryDirectory() as folder:
        ours = name.startswith("ours")
        own = {} if ours else {"HOME": folder, "PYTHONPATH": ""}
        done = subprocess.run(
            command,
            cwd=None if ours else folder,  # a package of ours is called as one of theirs is
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **QUIET, **own},
            timeout=900,
        )
    if done.returncode:
        print(f"{name} failed, and is left out: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
        return None
    return float(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Prints the median of the rounds for each side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--envs", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        envs = given.envs or Path(temporary)
        sides: dict[str, Path] = {}
        for name in CLIENTS:
            python = Path(sys.executable) if name.startswith("ours") else interpreter(name, envs)
            if python is not None:
                sides[name] = python
        found: dict[str, list[float]] = {name: [] for name in sides}
        with ScriptedServer(policy_script(script)) as server:
            for _ in range(given.rounds):
                for name, python in list(sides.items()):
                    began = server.calls
                    spent = client(python, name, server.base_url, given.runs)
                    asked = (server.calls - began) / (given.runs + 3)
                    if spent is None or asked != CALLS + 1:
                        if spent is not None:
                            print(f"{name} made {asked:.1f} requests a run instead of {CALLS + 1}, and is left out")
                        del sides[name]
                        continue
                    found[name].append(spent)
    load = os.getloadavg()[0]
    print(f"CPU of the client, milliseconds a run of {CALLS + 1} requests and {CALLS} tool calls; load {load:.1f}")
    for name in sides:
        each = statistics.median(found[name])
        which = PACKAGES.get(name, name)
        print(f"{which:42} {each:7.1f}   {each / STEPS:5.2f} for each of {STEPS} steps")


if __name__ == "__main__":
    main()
