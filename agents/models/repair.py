"""Guards for agents that call tools: a model is offered what is of use, and told what it gets wrong, a bounded number
of times.

What LangChain 1.4 does by itself: a call of an unknown tool, and arguments that do not fit the tool's schema,
come back to the model as error tool messages (ToolNode); a call whose arguments are not JSON ends the agent
as if it had finished, which is what `RepairToolCalls` is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse, hook_config
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agents.models.errors import InvalidOutput, ModelRefused, shortened
from tools.plain_json import BadJson, read_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from langchain_core.messages import InvalidToolCall, ToolCall
    from langgraph.runtime import Runtime

log = structlog.get_logger(__name__)

# In additional_kwargs, which are not sent; so the count is part of the state, and right after a replay too.
MARK = "outreach_guard"
REPAIR, NUDGE = "repair", "nudge"
DOES_NOT_SUIT = (400, 422)  # some models that think before they speak take no other `tool_choice` than `auto`


class OfferWhatIsOfUse(AgentMiddleware[AgentState[Any], Any, Any]):
    """Leaves out of each request the tools that `without_use` names for the run's context."""

    def __init__(self, without_use: Callable[[Any], Collection[str]]) -> None:
        super().__init__()
        self.without_use = without_use

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse]]
    ) -> ModelResponse:
        """The call with the rest of the tools."""
        spare = self.without_use(request.runtime.context)
        if spare:
            kept = [tool for tool in request.tools if isinstance(tool, dict) or tool.name not in spare]
            request = request.override(tools=kept)
        return await handler(request)


class RepairToolCalls(AgentMiddleware[AgentState[Any], Any, Any]):
    """Sends unreadable tool calls back, at most `repairs` times in a run, and asks once for the finishing
    tool. Until that is called, a server is told to give nothing but tool calls (`tool_choice="required"`), unless it
    refuses to be told so.

    `finish_with` are the tools of which at least one must have been carried out before the agent may end;
    empty means that the agent may end with text. Raises `InvalidOutput` when the model does not come round.
    """

    def __init__(self, finish_with: Collection[str] = (), *, repairs: int = 2) -> None:
        super().__init__()
        self.finish_with = tuple(finish_with)
        self.repairs = repairs
        self.must_be_a_call = True

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse]]
    ) -> ModelResponse:
        """Until the agent may end, an answer must be a tool call: to that a server holds a model by a grammar."""
        if not self.must_be_a_call or not self.finish_with or self._finished(request.messages):
            return await handler(request)
        try:
            return await handler(request.override(tool_choice="required"))
        except ModelRefused as refused:
            if refused.status not in DOES_NOT_SUIT:
                raise
            log.info("model.required_refused", status=refused.status, said=refused.said)
            self.must_be_a_call = False
            return await handler(request)

    @hook_config(can_jump_to=["model"])
    def after_model(
        self,
        state: AgentState[Any],
        runtime: Runtime[Any],  # noqa: ARG002
    ) -> dict[str, Any] | None:
        """Look at the model's last message before its tools are called."""
        messages: Sequence[BaseMessage] = state["messages"]
        last = messages[-1] if messages else None
        if not isinstance(last, AIMessage):
            return None
        if last.invalid_tool_calls:
            return self._repair(last, messages)
        if not last.tool_calls and self.finish_with and not self._finished(messages):
            return self._nudge(last, messages)
        return None

    @hook_config(can_jump_to=["model"])
    async def aafter_model(self, state: AgentState[Any], runtime: Runtime[Any]) -> dict[str, Any] | None:
        """The same."""
        return self.after_model(state, runtime)

    def _repair(self, last: AIMessage, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        problems = [_problem(call) for call in last.invalid_tool_calls]
        rounds = max((m.additional_kwargs[MARK][1] for m in _marked(messages, REPAIR)), default=0) + 1
        if rounds > self.repairs:
            what = f"unreadable tool calls in {rounds} answers"
            raise InvalidOutput(what, problems, [m for m in messages if isinstance(m, AIMessage)])
        log.info("model.tool_calls_unreadable", round=rounds, problems=problems)
        # Some servers parse the arguments of earlier calls and refuse the whole conversation when they
        # cannot, or when a call has no id; so the call stands there with empty arguments, and its answer
        # quotes what was wrong.
        readable: list[ToolCall] = [
            {
                "name": call.get("name") or "unknown",
                "args": {},
                "id": call.get("id") or f"unread_{rounds}_{n}",
            }
            for n, call in enumerate(last.invalid_tool_calls)
        ]
        repaired = AIMessage(
            content=last.content,
            id=last.id,
            name=last.name,
            tool_calls=[*last.tool_calls, *readable],
            usage_metadata=last.usage_metadata,
            response_metadata=last.response_metadata,
        )
        answers = [
            ToolMessage(
                f"Error: {problem} Call the tool again with arguments that are one valid JSON object.",
                tool_call_id=call["id"] or "",
                name=call["name"],
                status="error",
                additional_kwargs={MARK: (REPAIR, rounds)},
            )
            for call, problem in zip(readable, problems, strict=True)
        ]
        update: dict[str, Any] = {"messages": [repaired, *answers]}
        if not last.tool_calls:
            update["jump_to"] = "model"
        return update

    def _nudge(self, last: AIMessage, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        names = " or ".join(self.finish_with)
        if any(True for _ in _marked(messages, NUDGE)):
            said = shortened(last.text) or "nothing"
            answers = [m for m in messages if isinstance(m, AIMessage)]
            raise InvalidOutput(f"the agent ended without calling {names}", [f"it said: {said}"], answers)
        log.info("model.nudged", finish_with=self.finish_with)
        request = f"You are not done: finish by calling the tool {names}. Do not answer in text."
        nudge = HumanMessage(request, additional_kwargs={MARK: (NUDGE, 1)})
        # An empty turn of the assistant's is refused by some servers.
        spoken = [] if last.text.strip() else [last.model_copy(update={"content": "(no answer)"})]
        return {"messages": [*spoken, nudge], "jump_to": "model"}

    def _finished(self, messages: Sequence[BaseMessage]) -> bool:
        return any(isinstance(m, ToolMessage) and m.name in self.finish_with and m.status != "error" for m in messages)


def _marked(messages: Sequence[BaseMessage], kind: str) -> list[BaseMessage]:
    return [m for m in messages if m.additional_kwargs.get(MARK, ("", 0))[0] == kind]


def _problem(call: InvalidToolCall) -> str:
    args = call.get("args") or ""
    try:
        parsed = read_json(args)
    except BadJson as error:
        why = f"are not valid JSON ({error})"
    else:
        why = f"are a JSON {type(parsed).__name__}, not an object"
    return f"the arguments of {call.get('name') or 'a tool call'} {why}: {shortened(args, 200)!r}."
