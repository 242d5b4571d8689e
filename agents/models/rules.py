"""`rules`: the model that answers by a written policy instead of a network of weights.

It drives the same agents, tools and graph as any other model, needs no network, and says what it is: its
answers carry the model name 'rules', no tokens and no cost.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import BaseModel, PrivateAttr

from agents.models.described import Described
from agents.models.errors import PolicyError
from agents.models.pricing import COST_KEY
from agents.models.settings import RULES
from agents.models.structured import parsed_by, schema_name


@runtime_checkable
class Policy(Protocol):
    """What an agent does, written down. It must be a pure function of its arguments.

    `messages` is the conversation with the system message first. A policy may rely only on what also goes
    over the wire to a server: roles, text, tool calls and the ids that tool results answer, and a tool
    result's `name`. Its `artifact`, its `status` and `additional_kwargs` are not there. `tools` are the names
    of the tools that may be called now, in the order in which they were bound. `schema` is the name of the
    model class that the answer must fit, where structured output is asked for. It returns tool calls (ids may
    be left out), or text; where `schema` is given, `answer(...)` of that schema.
    """

    def __call__(self, messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage: ...


def call(name: str, /, **arguments: Any) -> AIMessage:
    """An answer that calls one tool."""
    return calls((name, arguments))


def calls(*named: tuple[str, Mapping[str, Any]]) -> AIMessage:
    """An answer that calls several tools at once, as (name, arguments) pairs."""
    return AIMessage(content="", tool_calls=[{"name": name, "args": dict(args), "id": None} for name, args in named])


def answer(value: BaseModel) -> AIMessage:
    """A structured answer."""
    return AIMessage(content=value.model_dump_json())


def material_in(messages: Sequence[BaseMessage]) -> Any:
    """What an agent was given to work from: the JSON of the first message of the user."""
    return json.loads(next(m for m in messages if isinstance(m, HumanMessage)).text)


def completed(
    message: AIMessage, messages: Sequence[BaseMessage], tools: tuple[str, ...], schema: str | None
) -> AIMessage:
    """A policy's answer with an id for every tool call, the same at every replay.

    Raises `PolicyError` for a call of what is neither a bound tool nor the schema, and for an answer with
    neither text nor calls.
    """
    unknown = [c["name"] for c in message.tool_calls if c["name"] not in tools and c["name"] != schema]
    if unknown:
        raise PolicyError(f"the rules policy called {', '.join(unknown)}, but has {', '.join(tools) or 'no tools'}")
    if not message.tool_calls and not message.text.strip():
        raise PolicyError("the rules policy gave neither text nor a tool call")
    numbered = [
        {**c, "id": c["id"] or f"call_{len(messages)}_{ordinal}"} for ordinal, c in enumerate(message.tool_calls)
    ]
    return message.model_copy(update={"tool_calls": numbered})


class RulesChatModel(BaseChatModel):
    """A chat model whose answers are its policy's."""

    policy: Policy
    _described: Described = PrivateAttr(default_factory=Described)

    @property
    def _llm_type(self) -> str:
        return RULES

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": RULES}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {**super()._get_ls_params(stop=stop, **kwargs), "ls_model_name": RULES}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with these tools. `tool_choice` is not heeded: a policy knows when to call and when to
        stop.
        """
        return self.bind(tools=self._described.of(tools), **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        **kwargs: Any,  # noqa: ARG002
    ) -> Runnable[LanguageModelInput, Any]:
        """As for other models; the policy is told the schema's name, and `method` makes no difference."""
        return parsed_by(schema, self.bind(schema_name=schema_name(schema)), include_raw=include_raw)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        tools = tuple(str(tool["function"]["name"]) for tool in kwargs.get("tools") or ())
        schema = kwargs.get("schema_name")
        said = self.policy(messages, tools=tools, schema=schema)
        message = completed(said, messages, tools, schema).model_copy(
            update={
                "usage_metadata": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
                "response_metadata": {**said.response_metadata, "model_name": RULES, COST_KEY: 0.0},
            }
        )
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output={"model_name": RULES})

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, None, **kwargs)
