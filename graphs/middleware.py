"""Records each model call and tool call of an agent, as the innermost middleware: each retry is a step of its own."""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage, messages_from_dict, messages_to_dict
from langgraph.types import Command

from agents.models import BudgetSpent, CallLimitReached, ContactBudgetSpent, RunBudget, Usage, usage_of
from graphs.recorder import Opening, Question, Recorder, Scope, Step, current_scope

Handler = Callable[[ModelRequest], Awaitable[ModelResponse]]
ToolHandler = Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]


def _scope() -> Scope:
    scope = current_scope.get()
    if scope is None:
        raise RuntimeError("a model or tool was called outside of a recorded agent step")
    return scope


def _opening(scope: Scope, kind: str, name: str, ordinal: int, inputs: dict[str, Any]) -> Opening:
    return Opening(
        id=scope.child_id(kind, ordinal),
        run_type=kind,
        agent_name=scope.agent_name,
        parent_id=scope.run_id,
        contact_id=scope.contact_id,
        thread_id=scope.thread_id,
        inputs={"name": name, **inputs},
        prompt_id=scope.prompt_id if kind == "model_call" else None,
        prompt_hash=scope.prompt_hash if kind == "model_call" else None,
        unwritten=scope.unwritten,
    )


def _last_words(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """What is new since the model last spoke: the whole talk is the sum of a run's calls."""
    new: list[BaseMessage] = []
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            break
        new.append(message)
    return messages_to_dict(list(reversed(new)))


def _count(step: Step, messages: Sequence[BaseMessage]) -> None:
    for message in messages:
        if isinstance(message, AIMessage):
            usage = usage_of(message)
            step.tokens_in += usage.tokens_in
            step.tokens_out += usage.tokens_out
            step.tokens_cached += usage.tokens_cached
            step.cost_usd += usage.cost_usd or 0.0
            step.model = message.response_metadata.get("model_name") or step.model


@contextmanager
def _within(budget: RunBudget | None) -> Iterator[Callable[[Usage], None]]:
    """One call of a contact's budget; the caller reports what it took. Raises ContactBudgetSpent before it is made."""
    if budget is None:
        yield lambda _usage: None
        return
    try:
        budget.check()
    except BudgetSpent as exc:
        raise ContactBudgetSpent(exc.limit, exc.spent, exc.allowed) from exc
    with budget.one_call() as report:
        yield report


async def record_model_call(
    recorder: Recorder,
    messages: Sequence[BaseMessage],
    model_name: str,
    call: Callable[[], Awaitable[list[BaseMessage]]],
) -> list[BaseMessage]:
    """Makes one model call as a recorded step; after a crash, gives back what the model answered then."""
    scope = _scope()
    ordinal = scope.next("model_call")
    opening = _opening(scope, "model_call", model_name, ordinal, {"messages": _last_words(messages)})
    # The place is waited for before the step begins, which so takes no longer than the call, and left once the answer
    # is there: while that is written down, another may call.
    async with recorder.slots.taken() as leave, recorder.step(opening) as step:
        if step.replayed:
            answer = messages_from_dict(step.prior)
        else:
            step.model = model_name
            with _within(scope.budget) as spent:
                if recorder.ask is None:
                    answer = await call()
                else:
                    question = Question(scope.agent_name, model_name, messages, scope.prompt_hash)
                    answer = await recorder.ask(question, call)
                leave()
                step.outputs = messages_to_dict(answer)
                _count(step, answer)
                spent(Usage(step.tokens_in, step.tokens_out, step.tokens_cached, step.cost_usd))
    last = answer[-1] if answer else None
    calls = last.tool_calls if isinstance(last, AIMessage) else []
    scope.batch = [_likeness(c) for c in calls]
    return answer


class RecordSteps(AgentMiddleware[Any, Any, Any]):
    """Put it last: inside retries and repairs, so that each attempt is its own row.

    It counts the calls anyway, so it also ends a model that never does: past `most_calls` in one run it raises
    `CallLimitReached`. LangChain's own middleware for this adds two nodes to every turn.
    """

    def __init__(self, recorder: Recorder, *, most_calls: int) -> None:
        super().__init__()
        self._recorder = recorder
        self._most_calls = most_calls

    async def awrap_model_call(self, request: ModelRequest, handler: Handler) -> ModelResponse:
        made = _scope().ordinals.get("model_call", 0)
        if made >= self._most_calls:
            raise CallLimitReached(made)
        name = str(getattr(request.model, "model_name", None) or request.model._llm_type)

        async def call() -> list[BaseMessage]:
            return list((await handler(request)).result)

        return ModelResponse(result=await record_model_call(self._recorder, request.messages, name, call))

    async def awrap_tool_call(self, request: ToolCallRequest, handler: ToolHandler) -> ToolMessage | Command[Any]:
        scope = _scope()
        call = request.tool_call
        place = _place_in_batch(scope, _likeness(call))
        ordinal = scope.ordinals.get("model_call", 0) * 1000 + place
        opening = _opening(scope, "tool_call", call["name"], ordinal, {"args": call["args"]})
        async with self._recorder.step(opening) as step:
            if step.replayed:
                message = messages_from_dict(step.prior)[0]
                if isinstance(message, ToolMessage):
                    # Some servers give another id to the same call when asked again; the answer belongs to this one.
                    return message.model_copy(update={"tool_call_id": call["id"]})
            result = await handler(request)
            if isinstance(result, ToolMessage):
                step.outputs = messages_to_dict([result])
                if result.status == "error":
                    step.status, step.error = "partial", str(result.content)
            return result


def _likeness(call: ToolCall) -> str:
    """What tells one call of an answer from another. The id does not always: some servers give one to all."""
    return json.dumps([call.get("id"), call["name"], call["args"]], sort_keys=True, default=str)


def _place_in_batch(scope: Scope, wanted: str) -> int:
    """Which call of the model's last answer this is: tools of one answer run side by side, in any order."""
    for place, likeness in enumerate(scope.batch):
        if likeness == wanted:
            scope.batch[place] = None
            return place
    return len(scope.batch) + scope.next("unlisted_tool_call")
