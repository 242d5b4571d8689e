"""A loopback server that speaks OpenAI's Chat Completions (not streamed) and answers from a script.

    with ScriptedServer(replies(Reply.rate_limited("1"), Reply.text("hello"))) as server:
        settings = ModelSettings(name="scripted", base_url=server.base_url)

It can also answer as the rules policies do, over the wire: `ScriptedServer(policy_script(policy))`.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage, convert_to_messages

from agents.models.rules import completed

if TYPE_CHECKING:
    from types import TracebackType

    from agents.models.rules import Policy

Json = dict[str, Any]
Script = Callable[[Json, int], "Reply"]
Call = tuple[str, Mapping[str, Any] | str, str | None]  # name, arguments (a string goes out as it is), id


@dataclass(frozen=True)
class Reply:
    """One answer. `body` replaces the chat completion made from content and tool_calls, `raw` the bytes sent.

    `usage` None counts tokens from the text, an empty mapping leaves the usage out. `silent` accepts the
    request and never answers; `break_after` closes the connection after that many bytes of the body.
    """

    content: str | None = None
    tool_calls: Sequence[Call] = ()
    usage: Mapping[str, Any] | None = None
    finish_reason: str | None = None
    status: int = 200
    body: Any = None
    raw: bytes | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    silent: bool = False
    break_after: int | None = None

    @classmethod
    def text(cls, content: str, **kwargs: Any) -> Reply:
        return cls(content=content, **kwargs)

    @classmethod
    def json(cls, value: Any, **kwargs: Any) -> Reply:
        """A structured answer."""
        return cls(content=json.dumps(value), **kwargs)

    @classmethod
    def call(cls, name: str, /, **arguments: Any) -> Reply:
        return cls(tool_calls=((name, arguments, None),))

    @classmethod
    def invalid_arguments(cls, name: str, arguments: str = '{"text": "unfinished') -> Reply:
        """A tool call whose arguments are not JSON."""
        return cls(tool_calls=((name, arguments, None),))

    @classmethod
    def unknown_tool(cls, name: str = "launch_rocket") -> Reply:
        return cls.call(name, target="moon")

    @classmethod
    def error(cls, status: int, message: str = "scripted error", **headers: str) -> Reply:
        body = {"error": {"message": message, "type": "scripted", "code": None}}
        return cls(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    @classmethod
    def rate_limited(cls, retry_after: str | None = None) -> Reply:
        reply = cls.error(429, "rate limit reached")
        return replace(reply, headers={"Retry-After": retry_after}) if retry_after is not None else reply

    @classmethod
    def garbage(cls, raw: bytes = b'{"choices": [{"mess') -> Reply:
        """Status 200 with a body that is not JSON."""
        return cls(raw=raw)

    @classmethod
    def web_page(cls) -> Reply:
        """What a wrong base URL often gives."""
        return cls(raw=b"<html><body>It works!</body></html>", content_type="text/html")

    @classmethod
    def no_choices(cls, choices: Any = ()) -> Reply:
        return cls(body={"id": "x", "object": "chat.completion", "choices": choices})

    @classmethod
    def silence(cls) -> Reply:
        return cls(silent=True)

    @classmethod
    def broken(cls, after: int = 20) -> Reply:
        """The connection ends in the middle of the body."""
        return cls(content="never arrives whole", break_after=after)


def replies(*sequence: Reply) -> Script:
    """The replies in turn; the last one stays."""

    def script(_request: Json, number: int) -> Reply:
        return sequence[min(number, len(sequence)) - 1]

    return script


def with_faults(script: Script, faults: Mapping[int, Reply]) -> Script:
    """`script`, but these replies at these call numbers (the first call is 1)."""

    def faulty(request: Json, number: int) -> Reply:
        return faults[number] if number in faults else script(request, number)

    return faulty


def policy_script(policy: Policy) -> Script:
    """A rules policy, asked over the wire: the messages, tools and schema name are read from the request."""
    seen: set[str] = set()

    def script(request: Json, _number: int) -> Reply:
        messages = messages_of(request)
        tools = tools_of(request)
        schema = schema_of(request)
        said = completed(policy(messages, tools=tools, schema=schema), messages, tools, schema)
        system = next((str(m.content) for m in messages if m.type == "system"), "")
        cached = count_tokens(system) if system in seen else 0
        seen.add(system)
        reply = Reply(
            content=said.text or None,
            tool_calls=[(call["name"], call["args"], call["id"]) for call in said.tool_calls],
        )
        return replace(reply, usage=usage_for(request, reply, cached))

    return script


def route(policies: Mapping[str, Policy]) -> Policy:
    """One policy out of several, for a server that all agents call: the one whose key is the name of the
    schema asked for, or else of a tool that is bound. Raises LookupError where none fits.
    """

    def routed(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
        for key, policy in policies.items():
            if key == schema or (schema is None and key in tools):
                return policy(messages, tools=tools, schema=schema)
        raise LookupError(f"no policy for schema {schema!r} and tools {tools}")

    return routed


def messages_of(request: Json) -> list[BaseMessage]:
    """The conversation in a request; tool results get their tool's name back from the call they answer."""
    messages = convert_to_messages(request["messages"])
    names: dict[str, str] = {}
    for message in messages:
        if isinstance(message, AIMessage):
            names |= {call["id"] or "": call["name"] for call in message.tool_calls}
        elif isinstance(message, ToolMessage):
            message.name = names.get(message.tool_call_id)
    return messages


def tools_of(request: Json) -> tuple[str, ...]:
    """The names of the tools that a request offers."""
    return tuple(tool["function"]["name"] for tool in request.get("tools") or ())


def schema_of(request: Json) -> str | None:
    """The name of the schema that a request asks for."""
    name = (request.get("response_format") or {}).get("json_schema", {}).get("name")
    return None if name is None else str(name)


def count_tokens(text: str) -> int:
    """About what a tokenizer would count."""
    return len(text) // 4 + 1


def usage_for(request: Json, reply: Reply, cached: int = 0) -> Json:
    """A usage object as servers send it."""
    asked = count_tokens(json.dumps(request["messages"]) + json.dumps(request.get("tools") or ""))
    said = count_tokens((reply.content or "") + json.dumps([c[1] for c in reply.tool_calls]))
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": min(cached, asked)},
    }


class ScriptedServer:
    """Serves `script` on a free port of 127.0.0.1. `requests` are the bodies of all chat requests, oldest
    first, and `headers` theirs. An exception in the script answers 500 and is raised again at the end.
    """

    def __init__(self, script: Script, *, models: Sequence[str] = ("scripted",)) -> None:
        self.script = script
        self.models = tuple(models)
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.failures: list[Exception] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = False  # so that closing joins them
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def calls(self) -> int:
        return len(self.requests)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if self.failures and error is None:
            raise self.failures[0]

    def reply_to(self, request: Json, headers: dict[str, str]) -> Reply:
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            number = len(self.requests)
        try:
            return self.script(request, number)
        except Exception as failure:  # noqa: BLE001 - it is raised again in the test's own thread
            self.failures.append(failure)
            return Reply.error(500, f"the script failed: {failure!r}")

    def completion(self, request: Json, reply: Reply) -> Json:
        """The chat completion that a reply stands for."""
        number = next(self._ids)
        message: Json = {"role": "assistant", "content": reply.content}
        if reply.tool_calls:
            message["tool_calls"] = [
                {
                    "id": id_ or f"call_{number}_{ordinal}",
                    "type": "function",
                    "function": {
                        "name": name,
                        "arguments": args if isinstance(args, str) else json.dumps(args),
                    },
                }
                for ordinal, (name, args, id_) in enumerate(reply.tool_calls)
            ]
        finish = reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")
        body: Json = {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1_750_000_000,
            "model": request.get("model", "scripted"),
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        }
        usage = usage_for(request, reply) if reply.usage is None else dict(reply.usage)
        return {**body, "usage": usage} if usage else body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            # HTTP/1.0: a connection a request, so that no thread waits for a next one when the server closes.
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def do_GET(self) -> None:
                if self.path == "/v1/models":
                    listed = [{"id": name, "object": "model"} for name in server.models]
                    self._send(Reply(body={"object": "list", "data": listed}), {})
                else:
                    self._send(Reply.error(404, f"no such path: {self.path}"), {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path != "/v1/chat/completions":
                    self._send(Reply.error(404, f"no such path: {self.path}"), {})
                    return
                request = json.loads(body)
                reply = server.reply_to(request, {k.lower(): v for k, v in self.headers.items()})
                if reply.silent:
                    server.closing.wait()
                elif not (reply.delay_s and server.closing.wait(reply.delay_s)):
                    self._send(reply, request)

            def _send(self, reply: Reply, request: Json) -> None:
                body = reply.body if reply.body is not None else None
                if reply.raw is not None:
                    data = reply.raw
                else:
                    data = json.dumps(server.completion(request, reply) if body is None else body).encode()
                try:
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.content_type)
                    self.send_header("Content-Length", str(len(data)))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data if reply.break_after is None else data[: reply.break_after])
                except OSError:
                    self.close_connection = True  # the client gave up first, which is its right

        return Handler
