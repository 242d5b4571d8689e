"""Turns an agent's record into a graph node: open its step, brief it, run its model, let it conclude."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.config import get_config
from langgraph.graph.state import CompiledStateGraph

from agents.agent import Agent, AnswerAgent, Briefing, CodeAgent, Done, State, ToolAgent, Update, Work, present
from agents.models import CallLimitReached, InvalidOutput, ModelSettings, RunBudget, Usage, build_model
from agents.models.repair import OfferWhatIsOfUse, RepairToolCalls
from agents.models.structured import ask, bind_schema
from db.access import Database
from db.actors import acting_as
from db.actors import agent as agent_actor
from db.queries.runs import spent_by
from db.thread_ids import OF_A_REPLY, OF_A_TOUCH, kind_of
from graphs.middleware import RecordSteps, record_model_call
from graphs.recorder import Opening, Recorder, Scope, Step, current_scope, step_id
from playbooks import Limits, Playbook, load_playbook
from prompts import Prompt, newest
from tools.context import ToolContext
from tools.web.access import Web


class Node(Protocol):
    """A graph node: it gets the thread's state and returns an update of it."""

    def __call__(self, state: Any) -> Coroutine[Any, Any, Update]: ...


@dataclass
class Machine:
    """All that the graphs are built with: made once by the door, handed to every node. `prompts` are those in force
    where it is not the newest shipped version; `clock` is what the agents take for the present, `playbook` gives the
    one of a name: a suite of evaluations may set a switch of it. `answered` takes down what a person answers to an
    approval's interrupt, where people do, and says why it was refused; without it a resume decides nothing."""

    db: Database
    recorder: Recorder
    models: ModelSettings
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    web: Web | None = None
    clock: Callable[[], datetime] = present
    playbook: Callable[[str], Playbook] = load_playbook
    answered: Callable[[dict[str, Any]], Awaitable[str | None]] | None = None

    def prompt(self, agent: str) -> Prompt:
        return self.prompts.get(agent) or newest(agent)


def make_node(machine: Machine, agent: Agent) -> Node:
    """The graph node of an agent. Its update is stored with its row, so that a replayed node costs nothing."""
    perform = make_step(machine, agent)

    async def node(state: State) -> Update:
        configurable = get_config()["configurable"]
        thread, place = configurable["thread_id"], configurable["checkpoint_ns"]
        return await perform(state, step_id(thread, place, agent.name), thread)

    node.__name__ = agent.name
    return node


def make_step(machine: Machine, agent: Agent) -> Callable[[State, str, str | None], Awaitable[Update]]:
    """What runs one step of an agent, in a graph or out of one: `await perform(state, step id, thread)` gives its
    update. The state's `root_run_id` is the parent's row."""
    runner = _runner(machine, agent)
    prompt = None if isinstance(agent, CodeAgent) else machine.prompt(_prompt_of(agent))

    async def perform(state: State, own_id: str, thread: str | None) -> Update:
        opening = Opening(
            id=own_id,
            run_type=agent.run_type,
            agent_name=agent.name,
            parent_id=state.get("root_run_id"),
            contact_id=state.get("contact_id"),
            batch_id=state.get("batch_id"),
            thread_id=thread,
            inputs={key: value for key, value in state.items() if value is not None},
            prompt_id=prompt.id if prompt else None,
            prompt_hash=prompt.hash if prompt else None,
        )
        async with machine.recorder.step(opening) as step:
            if step.replayed:
                replayed: Update = step.prior["update"]
                return replayed
            scope = Scope(
                step.id,
                agent.name,
                thread,
                state.get("contact_id"),
                opening.prompt_id,
                opening.prompt_hash,
                step.attempt,
                step.children,
            )
            token = current_scope.set(scope)
            try:
                with acting_as(agent_actor(step.id)):
                    playbook = machine.playbook(state["playbook"])
                    scope.budget = await _budget(machine.db, playbook.limits, thread)
                    done = await runner(Work(machine.db, playbook, step.id, machine.web, machine.clock), state)
            finally:
                current_scope.reset(token)
            _note(step, done)
            return done.update

    return perform


async def _budget(db: Database, limits: Limits, thread: str | None) -> RunBudget | None:
    """What is left for this contact's message, with all that its steps took so far; None where nothing limits it."""
    bounds = (limits.contact_calls, limits.contact_tokens, limits.contact_cost_usd)
    if thread is None or kind_of(thread) not in (OF_A_TOUCH, OF_A_REPLY) or bounds == (None, None, None):
        return None
    calls, tokens_in, tokens_out, cost = await db.read(lambda session: spent_by(session, thread))
    return RunBudget(*bounds, calls=calls, spent=Usage(tokens_in, tokens_out, cost_usd=cost))


def _prompt_of(agent: ToolAgent | AnswerAgent) -> str:
    return (agent.prompt if isinstance(agent, AnswerAgent) else None) or agent.name


def _note(step: Step, done: Done) -> None:
    step.outputs = {"update": done.update, **done.outputs}
    step.decisions, step.sources = done.decisions, done.sources
    step.processed, step.created, step.updated = done.processed, done.created, done.updated
    if done.partial:
        step.status, step.error = "partial", done.partial


NEVER_CAME_ROUND = (InvalidOutput, CallLimitReached)
"""What ends a model that answers and gets nowhere, be it by the texts that it reads."""
Runner = Callable[[Work, State], Awaitable[Done]]


def _runner(machine: Machine, agent: Agent) -> Runner:
    if isinstance(agent, CodeAgent):
        return agent.act
    model = build_model(machine.models, agent.policy)
    if isinstance(agent, AnswerAgent):
        return _answer_runner(machine, agent, model)
    return _tool_runner(machine, agent, model)


def _instructor(machine: Machine, agent: ToolAgent | AnswerAgent) -> Callable[[Playbook], str]:
    """The agent's system message for a playbook; rendered once for each, which costs more than a step's record."""
    rendered: dict[str, str] = {}

    def instructions(playbook: Playbook) -> str:
        if playbook.name not in rendered:
            rendered[playbook.name] = machine.prompt(_prompt_of(agent)).render(playbook=playbook)
        return rendered[playbook.name]

    return instructions


def _material(briefing: Briefing) -> str:
    return json.dumps(briefing.material, ensure_ascii=False, indent=1, default=str)


def _tool_runner(machine: Machine, agent: ToolAgent, model: BaseChatModel) -> Runner:
    # Checkpointing inside the agent would store every message twice: its calls are rows already, and a replayed run
    # gets each answer from its row.
    graph: CompiledStateGraph[Any, Any, Any, Any] = create_agent(
        model,
        list(agent.tools),
        middleware=[
            OfferWhatIsOfUse(agent.without_use),
            RepairToolCalls(agent.must_call),
            RecordSteps(machine.recorder, most_calls=agent.call_limit),
        ],
        context_schema=ToolContext,
        checkpointer=False,
        name=agent.name,
    )
    instructions = _instructor(machine, agent)

    async def run(work: Work, state: State) -> Done:
        briefing = await agent.prepare(work, state)
        if isinstance(briefing, Done):
            return briefing
        messages: list[BaseMessage] = [
            SystemMessage(instructions(work.playbook)),
            HumanMessage(_material(briefing)),
        ]
        left = None
        try:
            await _apart(graph.ainvoke({"messages": messages}, context=briefing.context))
        except NEVER_CAME_ROUND as exc:
            if not agent.goes_on_alone:
                raise
            left = f"the model did not come round, and code went on without it: {exc}"
        done = await agent.conclude(work, state, briefing)
        done.partial = done.partial or left
        return done

    return run


async def _apart(call: Coroutine[Any, Any, Any]) -> None:
    """Runs an agent's own graph as if from outside of any: nested, it would take over the outer graph's "sync"
    durability, and LangGraph 1.2 then waits for a checkpoint that an agent without checkpoints never makes."""
    context = copy_context()
    context.run(var_child_runnable_config.set, None)
    await asyncio.get_running_loop().create_task(call, context=context)


def _answer_runner(machine: Machine, agent: AnswerAgent, model: BaseChatModel) -> Runner:
    call = bind_schema(model, agent.schema)
    instructions = _instructor(machine, agent)

    async def recorded(messages: Sequence[BaseMessage]) -> AIMessage:
        async def once() -> list[BaseMessage]:
            return [await call(messages)]

        answer = (await record_model_call(machine.recorder, messages, machine.models.name, once))[0]
        if not isinstance(answer, AIMessage):
            raise TypeError("the stored answer of a model is not an AIMessage")
        return answer

    async def run(work: Work, state: State) -> Done:
        briefing = await agent.prepare(work, state)
        if isinstance(briefing, Done):
            return briefing
        messages = [SystemMessage(instructions(work.playbook)), HumanMessage(_material(briefing))]
        answer = await ask(model, agent.schema, messages, invoke=recorded)
        return await agent.conclude(work, state, briefing, answer.value)

    return run
