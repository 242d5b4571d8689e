"""What Ollama's OpenAI-compatible API refuses or passes over, read off its source (ollama/ollama, openai/openai.go,
commit 00988753): it cannot be installed from a package registry, so that requests are held against its rules instead.
"""

import json
from typing import Any

HEEDED = {
    *("model", "messages", "stream", "stream_options", "max_tokens", "seed", "stop", "temperature", "top_p"),
    *("frequency_penalty", "presence_penalty", "response_format", "tools", "reasoning", "reasoning_effort"),
}
"""The fields of a request that it reads; it drops any other without a word."""


def faults(request: dict[str, Any]) -> list[str]:
    """Why it would answer a request with status 400, or lose a part of it that matters; nothing where all is well."""
    found = [f"the field {name} is not read" for name in request.keys() - HEEDED - {"tool_choice"}]
    called: set[str] = set()
    for message in request["messages"]:
        calls, content = message.get("tool_calls"), message.get("content")
        if not isinstance(content, str) and calls is None:
            found.append(f"invalid message content type: {type(content).__name__}")
        for call in calls or ():
            called.add(call["id"])
            if not _is_object(call["function"]["arguments"]):
                found.append("invalid tool call arguments")
        if message["role"] == "tool" and message["tool_call_id"] not in called:
            found.append("a tool's answer without the call it belongs to, and so without a name")
    asked = request.get("response_format")
    if asked is not None and not (asked["type"] == "json_schema" and asked["json_schema"].get("schema")):
        found.append("no schema that an answer is held to")
    return found


def _is_object(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False
