"""A model as inspect-ai knows it: every call of an agent's goes through it.

inspect's model `outreach/NAME` has a provider that makes the very call that the agent was about to make. So inspect
sees every message, its usage and cost, can answer from its cache (by epoch), and what is measured is still the shipped
model layer with its retries and repairs: the agent bridge would put inspect's own client in its place.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from inspect_ai.model import (
    CachePolicy,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage, messages_from_dict, messages_to_dict

from agents.models import usage_of

Call = Callable[[], Awaitable[list[BaseMessage]]]
_ANSWER, _SECONDS = "outreach_answer", "outreach_seconds"
_pending: ContextVar[Call] = ContextVar("pending")
_asked: ContextVar[list[bool]] = ContextVar("asked")


@dataclass(frozen=True)
class Answer:
    """What a model said. `seconds` is what it took when it was asked, also where that was before (`cached`)."""

    messages: list[BaseMessage]
    cached: bool
    seconds: float


async def asked_by(
    model: Model, messages: Sequence[BaseMessage], call: Call, scopes: Mapping[str, str] | None
) -> Answer:
    """The answer that `call` gives, by way of inspect; or the one that it gave before to the same messages in the same
    `scopes` and epoch, unless these are None."""
    asked: list[bool] = []
    tokens = (_pending.set(call), _asked.set(asked))
    policy = False if scopes is None else CachePolicy(expiry=None, scopes=dict(scopes))
    try:
        output = await model.generate([_shown(m) for m in messages], cache=policy)
    finally:
        _pending.reset(tokens[0])
        _asked.reset(tokens[1])
    metadata = output.metadata or {}
    said = messages_from_dict(json.loads(metadata[_ANSWER]))
    return Answer(said, cached=not asked, seconds=float(metadata[_SECONDS]))


@modelapi(name="outreach")
class OutreachAPI(ModelAPI):
    """Makes the call that is pending in this context, and says what it used."""

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002, ARG002 (the signature is the library's)
        tools: list[ToolInfo],  # noqa: ARG002
        tool_choice: ToolChoice,  # noqa: ARG002
        config: GenerateConfig,  # noqa: ARG002
    ) -> ModelOutput:
        _asked.get().append(True)
        began = time.perf_counter()
        messages = await _pending.get()()
        output = ModelOutput.from_content(self.model_name, "\n".join(_text(m) for m in messages) or "-")
        used = [usage_of(m) for m in messages if isinstance(m, AIMessage)]
        output.usage = ModelUsage(
            input_tokens=sum(u.tokens_in for u in used),
            output_tokens=sum(u.tokens_out for u in used),
            total_tokens=sum(u.tokens for u in used),
            input_tokens_cache_read=sum(u.tokens_cached for u in used),
            total_cost=sum(u.cost_usd or 0.0 for u in used),
        )
        output.metadata = {_ANSWER: json.dumps(messages_to_dict(messages)), _SECONDS: time.perf_counter() - began}
        return output

    def max_connections(self) -> int:
        return 1_000  # the number of cases at a time is the limit


def _text(message: BaseMessage) -> str:
    calls = [f"{call['name']}({call['args']})" for call in message.tool_calls] if isinstance(message, AIMessage) else []
    return "\n".join([*([message.text] if message.text else []), *calls])


def _shown(message: BaseMessage) -> ChatMessage:
    text = _text(message)
    if message.type == "system":
        return ChatMessageSystem(content=text)
    if isinstance(message, ToolMessage):
        return ChatMessageTool(content=text, tool_call_id=message.tool_call_id)
    return ChatMessageAssistant(content=text) if isinstance(message, AIMessage) else ChatMessageUser(content=text)
