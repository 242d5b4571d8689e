"""OpenTelemetry spans of the agents' steps, where they were asked for: one for each row of `agent_runs`.

A span's id follows from its row's, and its trace's from the root's, so that steps which different processes took stand
in one trace without anything being handed along. Names are those of OpenTelemetry's conventions for generative AI.
What was asked and answered, and whom it was about, is in no attribute.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

if TYPE_CHECKING:
    from datetime import datetime

    from graphs.recorder import Opening, Step

NAME = "outreach-command-center"
ENDPOINT = "http://localhost:4318"
PATIENCE_S = 5.0
"""How long one export may take; what nobody takes in is dropped."""
_OPERATIONS = {"model_call": "chat", "tool_call": "execute_tool", "orchestrate": "invoke_workflow"}
_next: ContextVar[tuple[int, int]] = ContextVar("next_span")


class RowIds(IdGenerator):
    """Gives the ids that were chosen for the span about to be made: trace and span."""

    def generate_trace_id(self) -> int:
        return _next.get()[0]

    def generate_span_id(self) -> int:
        return _next.get()[1]


def trace_id_of(root_id: str) -> int:
    """The 128 bits of a root's row id."""
    return int(root_id, 16)


def span_id_of(row_id: str, attempt: int = 1) -> int:
    """64 bits for a row, others for each further attempt at it."""
    return int.from_bytes(hashlib.sha256(f"{row_id}/{attempt}".encode()).digest()[:8], "big")


class Spans:
    """Makes a span of every step that is over. `processor` takes them."""

    def __init__(self, processor: SpanProcessor) -> None:
        resource = Resource.create({"service.name": NAME, "service.version": version(NAME)})
        self.provider = TracerProvider(resource=resource, id_generator=RowIds())
        self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer(NAME)
        self._traces: dict[str, int] = {}

    def began(self, opening: Opening) -> None:
        """Remembers which trace the step belongs to. A parent of another process is a root: calls, which stand lower,
        are made by the process that took their step."""
        parent = opening.parent_id
        self._traces[opening.id] = self._traces.get(parent, trace_id_of(parent)) if parent else trace_id_of(opening.id)

    def ended(self, opening: Opening, step: Step, started: datetime, over: datetime) -> None:
        """Makes the span, with the step's own times."""
        trace_id = self._traces.pop(opening.id)
        context = None
        if opening.parent_id:
            parent = SpanContext(trace_id, span_id_of(opening.parent_id), is_remote=True, trace_flags=TraceFlags(1))
            context = set_span_in_context(NonRecordingSpan(parent))
        operation = _OPERATIONS.get(opening.run_type, "invoke_agent")
        called = str((opening.inputs or {}).get("name", "")) if operation in ("chat", "execute_tool") else ""
        name = called or (opening.run_type if operation == "invoke_workflow" else opening.agent_name)
        with _chosen(trace_id, span_id_of(opening.id, step.attempt)):
            span = self._tracer.start_span(
                f"{operation} {name}",
                context=context,
                kind=SpanKind.CLIENT if operation == "chat" else SpanKind.INTERNAL,
                attributes=_attributes(operation, called, opening, step),
                start_time=_nanoseconds(started),
            )
        if step.status == "error":
            # Its class alone: the words of an error may quote what was read or written.
            span.set_attribute("error.type", (step.error or "error").partition(":")[0])
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(over))


@contextmanager
def _chosen(trace_id: int, span_id: int) -> Iterator[None]:
    token = _next.set((trace_id, span_id))
    try:
        yield
    finally:
        _next.reset(token)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000


def _attributes(operation: str, called: str, opening: Opening, step: Step) -> dict[str, Any]:
    given: dict[str, Any] = {
        "gen_ai.operation.name": operation,
        "gen_ai.agent.name": opening.agent_name,
        "gen_ai.prompt.name": opening.prompt_id,
        "outreach.run.id": opening.id,
        "outreach.run.type": opening.run_type,
        "outreach.run.status": step.status,
        "outreach.run.attempt": step.attempt,
    }
    if operation == "invoke_workflow":
        given["gen_ai.workflow.name"] = opening.run_type
    if operation == "execute_tool":
        given |= {"gen_ai.tool.name": called, "gen_ai.tool.type": "function"}
    if operation == "chat":
        given |= {
            # Whatever server it is, it is asked by OpenAI's protocol.
            "gen_ai.provider.name": "outreach.rules" if called == "rules" else "openai",
            "gen_ai.request.model": called,
            "gen_ai.response.model": step.model,
            "gen_ai.usage.input_tokens": step.tokens_in,
            "gen_ai.usage.output_tokens": step.tokens_out,
            "gen_ai.usage.cache_read.input_tokens": step.tokens_cached,
            "outreach.cost_usd": step.cost_usd,
        }
    return {name: value for name, value in given.items() if value is not None}


@cache
def exported_to(endpoint: str | None) -> Spans:
    """Spans that are sent to an OTLP endpoint over HTTP, in the background; the SDK sends the last ones at exit."""
    url = f"{(endpoint or ENDPOINT).rstrip('/')}/v1/traces"
    return Spans(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=PATIENCE_S)))
