"""The shapes of requests and answers on the wire: what is asked of a server, and what its answer must at least be.

Servers that call themselves compatible differ; everything here assumes as little about a body as it can.
"""

import json
import re
import uuid
from collections.abc import Collection, Mapping
from typing import Any

import openai
from langchain_core.messages import InvalidToolCall
from pydantic import BaseModel

from agents.models.errors import shortened
from tools.plain_json import BadJson, read_json, storable


def fault_in(body: Any) -> str | None:
    """Why a body is not a chat completion; None where it is one."""
    if not isinstance(body, dict):
        return f"a JSON {type(body).__name__} instead of an object"
    if body.get("error"):
        return f"an error with status 200: {shortened(json.dumps(body['error']))}"
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        return f"no choices among {', '.join(map(str, body)) or 'nothing'}"
    message = choices[0].get("message") if isinstance(choices[0], dict) else None
    if not isinstance(message, dict) or message.get("role", "assistant") != "assistant":
        return "its first choice has no message of the assistant"
    message["role"] = "assistant"
    calls = message.get("tool_calls")
    if calls is not None and not (isinstance(calls, list) and all(_is_call(call) for call in calls)):
        return "its tool calls have no function with a name"
    return None


def _is_call(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def counts_in(usage: Any) -> dict[str, Any] | None:
    """The token counts of a body, or None where they are not usable: an answer is not lost for that."""
    if not isinstance(usage, dict):
        return None
    asked, said = usage.get("prompt_tokens"), usage.get("completion_tokens")
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    if type(asked) is not int or type(said) is not int or asked < 0 or said < 0:
        return None
    cached = cached if type(cached) is int and 0 <= cached <= asked else 0
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def storable_json(text: str) -> str:
    """What a JSON text says so that it can be kept (`tools.plain_json`); what is no JSON comes back as it is."""
    try:
        return json.dumps(read_json(text), ensure_ascii=False)
    except BadJson:
        return text


def storable_answer(message: dict[str, Any]) -> dict[str, Any]:
    """An assistant's message, `storable` in its text and in the arguments of its tool calls."""
    clean: dict[str, Any] = storable(message)
    for call in clean.get("tool_calls") or ():
        function = call.get("function")
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            function["arguments"] = storable_json(function["arguments"])
    return clean


def set_aside(message: dict[str, Any]) -> list[InvalidToolCall]:
    """Take the calls out of a message whose arguments are JSON but not an object: the library cannot hold them.

    Arguments that some servers send as an object, or not at all for a tool without any, become text as usual.
    """
    kept, unusable = [], []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        given = function.get("arguments")
        if given is None or given == "":
            function["arguments"] = "{}"
        elif not isinstance(given, str):
            function["arguments"] = json.dumps(given)
        try:
            fits = isinstance(read_json(function["arguments"], strict=False), dict)
        except BadJson:
            fits = True  # not JSON at all, which the library does understand
        if fits:
            kept.append(call)
        else:
            unusable.append(
                InvalidToolCall(
                    type="invalid_tool_call",
                    id=call.get("id"),
                    name=function["name"],
                    args=function["arguments"],
                    error="the arguments are not an object",
                )
            )
    if "tool_calls" in message:
        message["tool_calls"] = kept or None
    return unusable


# A model may fence its JSON, or mark it as the template of its family does.
_WRAPPED = re.compile(
    r"\A```(?:json)?\s*(?P<fenced>.*?)\s*```\Z|<tool_call>\s*(?P<marked>.*?)\s*</tool_call>", re.DOTALL
)


def call_what_is_written_out(message: dict[str, Any], offered: Collection[str]) -> None:
    """Where the whole text of a message is the JSON of tool calls, make them calls: small models behind servers that do
    not know their format write `{"name": …, "arguments": {…}}` where a call belongs.

    Only calls of tools that were `offered`, with arguments that are an object, and only where there is nothing else: a
    text that mentions a call stays a text.
    """
    text = message.get("content")
    if message.get("tool_calls") or not isinstance(text, str) or not offered:
        return
    text = text.strip()
    wrapped = [match["fenced"] or match["marked"] or "" for match in _WRAPPED.finditer(text)]
    if wrapped and _WRAPPED.sub("", text).strip():
        return
    try:
        said = [read_json(one) for one in wrapped or [text]]
    except BadJson:
        return
    written = [_written_call(call, offered) for one in said for call in (one if isinstance(one, list) else [one])]
    calls = [call for call in written if call is not None]
    if calls and len(calls) == len(written):
        message["content"] = ""
        message["tool_calls"] = calls


def _written_call(said: Any, offered: Collection[str]) -> dict[str, Any] | None:
    """The call as it goes over the wire; None where `said` is none, or one of a tool that there is not."""
    if not isinstance(said, dict) or not said.keys() <= {"type", "id", "name", "arguments", "parameters"}:
        return None
    name, arguments = said.get("name"), said.get("arguments", said.get("parameters"))
    if not isinstance(name, str) or name not in offered or not isinstance(arguments, dict):
        return None
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": f"written_{uuid.uuid4().hex}", "type": "function", "function": function}


def tools_offered(payload: Mapping[str, Any]) -> frozenset[str]:
    """The names of the tools in a request."""
    return frozenset(tool["function"]["name"] for tool in payload.get("tools") or () if "function" in tool)


def with_instruction(messages: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """The messages with `words` at the end of the system message. Servers that hold a model to a schema by a
    grammar do not show it the schema, so without this it would not know what the fields mean.
    """
    if messages and messages[0].get("role") == "system" and isinstance(messages[0].get("content"), str):
        first = {**messages[0], "content": f"{messages[0]['content']}\n\n{words}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": words}, *messages]


def response_format(schema: type[BaseModel], *, strict: bool = True) -> dict[str, Any]:
    """The request's `response_format` for a pydantic schema, in the form that the SDK itself would send."""
    function = openai.pydantic_function_tool(schema)["function"]
    described = {"name": function["name"], "schema": function.get("parameters", {}), "strict": strict}
    return {"type": "json_schema", "json_schema": described}
