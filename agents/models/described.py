"""What a model is told of its tools, written out once for a model and its tools instead of once a call."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

Tools = Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool]
MOST = 32
"""Of so many sets of tools one model keeps the descriptions: an agent has one."""


class Described:
    """The descriptions of sets of tools, in OpenAI's shape. Tools are known by their identity, and kept with what was
    made of them, so that another one cannot come to bear the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[tuple[Any, ...], list[dict[str, Any]]]] = {}

    def of(self, tools: Tools) -> list[dict[str, Any]]:
        """Their descriptions; not to be changed."""
        key = tuple(id(tool) for tool in tools)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST:
                self._known.clear()
            found = self._known[key] = (tuple(tools), [convert_to_openai_tool(tool) for tool in tools])
        return found[1]
