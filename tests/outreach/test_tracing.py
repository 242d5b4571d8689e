"""OpenTelemetry spans: one for each row of `agent_runs`, as the rows hang together, and nobody's words in them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from langsmith.utils import get_env_var, tracing_is_enabled
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from db.models import Account, AgentRun, Contact, MessageDraft, Prospect, ResearchFact
from graphs.recorder import watching
from outreach import wiring
from outreach.errors import Complaint
from outreach.settings import Settings
from outreach.tracing import Spans, span_id_of, trace_id_of
from tests.e2e.conftest import MakeOffice
from tests.e2e.conftest import make_office as make_office

ROOT = Path(__file__).parents[2]


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    token = watching.set(Spans(SimpleSpanProcessor(exporter)))
    yield exporter
    watching.reset(token)


def told(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_each_row_is_a_span_and_no_words_are_in_it(
    make_office: MakeOffice, sqlite_url: str, exported: InMemorySpanExporter
) -> None:
    office = make_office(sqlite_url, colleges=1)
    office.run()
    rows = {row.id: row for row in office.read(lambda session: session.scalars(select(AgentRun)).all())}
    spans = {told(span)["outreach.run.id"]: span for span in exported.get_finished_spans()}
    # The approval still waits for a person: its span is made once it is over.
    assert {row.run_type for row in rows.values() if row.id not in spans} == {"approval"}
    assert len(spans) == len(exported.get_finished_spans())
    root = next(row.id for row in rows.values() if row.run_type == "orchestrate")
    for run_id, span in spans.items():
        row, attributes = rows[run_id], told(span)
        assert span.context is not None
        assert (span.context.trace_id, span.context.span_id) == (trace_id_of(root), span_id_of(run_id))
        assert (span.parent.span_id if span.parent else None) == (
            span_id_of(row.parent_run_id) if row.parent_run_id else None
        )
        assert attributes["gen_ai.agent.name"] == row.agent_name
        assert attributes["outreach.run.status"] == row.status
        if row.run_type == "model_call":
            assert span.name == "chat rules"
            assert attributes["gen_ai.operation.name"] == "chat"
            assert attributes["gen_ai.request.model"] == "rules"
            assert attributes["gen_ai.usage.input_tokens"] == row.tokens_in
            assert attributes["gen_ai.usage.output_tokens"] == row.tokens_out
        elif row.run_type == "tool_call":
            assert span.name == f"execute_tool {attributes['gen_ai.tool.name']}"
    assert {told(span)["gen_ai.operation.name"] for span in spans.values()} == {
        *("chat", "execute_tool", "invoke_agent", "invoke_workflow")
    }

    private = office.read(
        lambda session: [
            *(text for row in session.execute(select(Contact.full_name, Contact.email)) for text in row),
            *session.scalars(select(Account.name)),
            *session.scalars(select(Prospect.name)),
            *session.scalars(select(MessageDraft.body)),
            *session.scalars(select(ResearchFact.sentence)),
            *session.scalars(select(Contact.id)),
        ]
    )
    written = "\n".join(span.to_json() for span in spans.values())
    assert [text for text in private if text and text in written] == []


def test_a_failed_step_tells_its_error_by_class_alone(exported: InMemorySpanExporter) -> None:
    from datetime import UTC, datetime

    from graphs.recorder import Opening, Step

    spans = watching.get()
    assert spans is not None
    now = datetime.now(UTC)
    first = Opening("1" * 32, "draft", "drafting", parent_id="2" * 32)
    for attempt in (1, 2):
        spans.began(first)
        spans.ended(first, Step(first.id, status="error", error="ValueError: Lee said no", attempt=attempt), now, now)
    made = exported.get_finished_spans()
    assert [told(span)["error.type"] for span in made] == ["ValueError"] * 2
    assert "Lee" not in "".join(span.to_json() for span in made)
    # What is tried again is another span of the same trace, below a root of another process.
    assert made[0].context is not None
    assert made[1].context is not None
    assert made[0].context.span_id != made[1].context.span_id
    assert {span.context.trace_id for span in made if span.context} == {trace_id_of("2" * 32)}


KEY = "lsv2_pt_never_to_be_told"
COMMAND = """
import sys
from outreach.cli import app
try:
    app(sys.argv[1:])
except SystemExit:
    pass
print("loaded", bool({"outreach.tracing", "opentelemetry.exporter"} & set(sys.modules)))
"""


class _Collector(BaseHTTPRequestHandler):
    """Takes whatever is posted, as OpenTelemetry's collector and LangSmith do."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.got.append((self.path, self._body()))  # type: ignore[attr-defined]
        self._say(b"{}")

    def do_GET(self) -> None:
        self._say(b"{}")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def collector() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    server.got = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_spans_and_langsmith_runs_are_sent_where_asked_for_alone(
    make_office: MakeOffice, sqlite_url: str, collector: ThreadingHTTPServer
) -> None:
    office = make_office(sqlite_url, colleges=1)
    office.run(limit=0)
    here = f"http://127.0.0.1:{collector.server_port}"
    got: list[tuple[str, bytes]] = collector.got  # type: ignore[attr-defined]

    def call(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PYTHONPATH": str(ROOT),
            "OUTREACH_HOME": str(office.settings.home),
            "OUTREACH_DATABASE_URL": sqlite_url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": here,
            "LANGSMITH_ENDPOINT": here,
            "LANGSMITH_API_KEY": KEY,
            **more,
        }
        return subprocess.run(
            [sys.executable, "-c", COMMAND, *args], env=environment, capture_output=True, text=True, check=True
        )

    off = call("status", OUTREACH_OTEL="off")
    assert "loaded False" in off.stdout, off.stderr
    assert got == []

    on = call("-vv", "run", "--goal", "2 drafts to D1 colleges", "--dry-run", LANGSMITH_TRACING="true")
    assert "loaded True" in on.stdout, on.stderr
    spans = b"".join(body for path, body in got if path == "/v1/traces")
    assert b"gen_ai.operation.name" in spans
    runs = b"".join(body for path, body in got if path.startswith("/runs"))
    assert b"orchestrator" in runs, sorted({path for path, _ in got})
    for told_to in (on.stdout, on.stderr, spans.decode("latin-1"), runs.decode("latin-1")):
        assert KEY not in told_to
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    assert KEY.encode() not in database.read_bytes()


def test_langsmith_is_told_nothing_without_its_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_API_KEY", KEY)
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.delenv(name, raising=False)
    get_env_var.cache_clear()
    assert tracing_is_enabled() is False


def test_asked_for_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "outreach.tracing", None)
    with pytest.raises(Complaint, match="OpenTelemetry is not installed"):
        wiring.open_watch(Settings(otel=True))
