"""An agent has one name everywhere, and all that goes with it is there."""

from importlib import import_module
from pathlib import Path

import pytest

import agents
import prompts
from agents.agent import Agent, CodeAgent, ToolAgent
from agents.registry import AGENTS
from db.enums import AgentName, RunType, values

FOLDER = Path(agents.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if "\nAGENT = " in path.read_text(encoding="utf-8"))


def agent_of(module: str) -> Agent:
    found: Agent = import_module(f"agents.{module}").AGENT
    return found


@pytest.mark.parametrize("module", MODULES)
def test_its_names_are_the_database_s(module: str) -> None:
    agent = agent_of(module)
    assert agent.name in values(AgentName), f"add it to AgentName (db/enums/runs.py), with a migration: {agent.name}"
    assert agent.run_type in values(RunType), (
        f"add it to RunType (db/enums/runs.py), with a migration: {agent.run_type}"
    )


@pytest.mark.parametrize("module", MODULES)
def test_what_belongs_to_it_has_its_name(module: str) -> None:
    agent = agent_of(module)
    # The agent of the graphs has the module of its own name, what a command asks of it one that begins with it.
    assert module == agent.name or module.startswith(f"{agent.name}_")
    assert any((FOLDER.parent / "tests" / "agents").glob(f"test_{agent.name}*.py")), f"no tests/agents/test_{module}.py"
    if isinstance(agent, CodeAgent):
        return
    folder = agent.name if isinstance(agent, ToolAgent) else agent.prompt or agent.name
    assert folder in prompts.agents(), f"it has no prompt: prompts/{folder}/v1.md"
    assert agent.policy.__module__.startswith(f"agents.{module}"), "its policy stands beside it"


def test_the_registry_has_every_agent_of_a_graph() -> None:
    of_graphs = {module for module in MODULES if module in values(AgentName)}
    asked_by_commands = {"analyst"}
    assert set(AGENTS) == of_graphs - asked_by_commands, "one line in agents/registry.py"
    assert all(name == agent.name for name, agent in AGENTS.items())


def test_every_prompt_belongs_to_an_agent() -> None:
    asked = {getattr(agent_of(module), "prompt", None) or agent_of(module).name for module in MODULES}
    assert set(prompts.agents()) - asked == {"judge"}, "the judge of style is asked by evaluations alone"
