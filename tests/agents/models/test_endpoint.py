"""An OpenAI-compatible endpoint that answers well, badly, slowly or not at all."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr
from structlog.testing import capture_logs

from agents.models import (
    BudgetSpent,
    ModelBusy,
    ModelGarbled,
    ModelRefused,
    ModelSettings,
    ModelSettingsError,
    ModelUnreachable,
    Prices,
    RunBudget,
    build_model,
    close_model,
    spending,
    usage_of,
)
from agents.models.endpoint import EndpointChatModel, build_endpoint, probe
from agents.models.resilience import RetryPolicy, Transient
from tests.support.openai_server import Reply, Script, ScriptedServer, replies

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Label(BaseModel):
    label: str


@tool
def look_up(name: str) -> str:
    """Look a name up."""
    return name


def no_policy(*args: Any, **kwargs: Any) -> AIMessage:
    raise AssertionError("an endpoint never asks the policy")


@asynccontextmanager
async def serving(
    script: Script, *, attempts: int = 3, **settings: Any
) -> AsyncIterator[tuple[BaseChatModel, ScriptedServer, list[float]]]:
    """A model, the server that it asks, and the waits that it would have made."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    retry = RetryPolicy(attempts=attempts, sleep=sleep, sleep_sync=waits.append, now=lambda: NOW, random=lambda: 1.0)
    with ScriptedServer(script) as server:
        options = {"name": "scripted", "base_url": server.base_url, "timeout_s": 5.0} | settings
        model = build_model(ModelSettings(**options), no_policy, retry=retry)
        try:
            yield model, server, waits
        finally:
            await close_model(model)


async def test_an_answer_with_usage_and_cost() -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "prompt_tokens_details": {"cached_tokens": 400}}
    prices = Prices(input=2.0, output=10.0, cached=0.5)
    script = replies(Reply.text("hello", usage={**usage, "total_tokens": 1200}))
    async with serving(script, prices=prices, api_key=SecretStr("key-1")) as (model, server, _):
        said = await model.ainvoke([SystemMessage("Be short."), HumanMessage("hi")])
        used = usage_of(said)
        assert said.text == "hello"
        assert (used.tokens_in, used.tokens_out, used.tokens_cached) == (1000, 200, 400)
        assert used.cost_usd == pytest.approx((600 * 2.0 + 400 * 0.5 + 200 * 10.0) / 1e6)
        assert server.headers[0]["authorization"] == "Bearer key-1"
        assert server.requests[0]["model"] == "scripted"
        assert usage_of(model.invoke("again, not awaited")).tokens_in == 1000


async def test_without_prices_the_cost_is_unknown_not_zero() -> None:
    async with serving(replies(Reply.text("hello"))) as (model, _, _):
        assert usage_of(await model.ainvoke("hi")).cost_usd is None


async def test_a_server_that_counts_nothing_is_estimated_and_it_shows() -> None:
    async with serving(replies(Reply.text("four score and seven", usage={}))) as (model, _, _):
        with capture_logs() as logs:
            used = usage_of(await model.ainvoke("x" * 400))
    assert (used.tokens_in, used.estimated) == (101, True)
    assert [entry["event"] for entry in logs] == ["model.usage_estimated"]


@pytest.mark.parametrize(
    "usage",
    [
        [1],
        {"prompt_tokens": "12", "completion_tokens": 3, "total_tokens": 15},
        {"prompt_tokens": -12, "completion_tokens": 3, "total_tokens": 15},
        {"prompt_tokens": 12, "total_tokens": 15},
    ],
)
async def test_counts_that_make_no_sense_are_not_believed(usage: Any) -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "hello"}}], "usage": usage}
    async with serving(replies(Reply(body=body))) as (model, _, _):
        used = usage_of(await model.ainvoke("hi"))
    assert (used.tokens_in, used.tokens_out, used.estimated) == (1, 2, True)


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        Reply.error(500),
        Reply.error(503),
        Reply.error(408),
        Reply.error(409),
        Reply.rate_limited(),
        Reply.garbage(),
        Reply.web_page(),
        Reply.no_choices(),
        Reply.no_choices(None),
        Reply.no_choices([{"message": None}]),
        Reply(body=[1, 2]),
        Reply(body={"error": {"message": "out of slots"}}),
        Reply.broken(),
    ],
)
async def test_passing_faults_are_tried_again(fault: Reply, sync: bool) -> None:
    async with serving(replies(fault, fault, Reply.text("at last"))) as (model, server, waits):
        with capture_logs() as logs:
            said = model.invoke("hi") if sync else await model.ainvoke("hi")
    assert said.text == "at last"
    assert server.calls == 3
    assert waits == [0.5, 1.0]
    assert [(e["event"], e["attempt"], e["model"]) for e in logs] == [
        ("model.retry", 1, "scripted"),
        ("model.retry", 2, "scripted"),
    ]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Reply.error(500, "boom"), ModelBusy, r"answers 500: boom;.*\(tried 3 times\)"),
        (Reply.rate_limited(), ModelBusy, "rate limit"),
        (Reply.garbage(), ModelGarbled, "not JSON.*/v1"),
        (Reply.web_page(), ModelGarbled, "It works!"),
        (Reply.no_choices(), ModelGarbled, "no choices"),
        (Reply.broken(), ModelUnreachable, "OPENAI_BASE_URL"),
    ],
)
async def test_faults_that_stay_end_in_a_clear_error(fault: Reply, error: type[Exception], words: str) -> None:
    async with serving(replies(fault)) as (model, server, waits):
        with pytest.raises(error, match=words) as caught:
            await model.ainvoke("hi")
    assert (server.calls, len(waits)) == (3, 2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "advice"),
    [(400, "does not suit"), (401, "OPENAI_API_KEY"), (403, "may not use"), (404, "OUTREACH_MODEL"), (418, "words")],
)
async def test_a_refusal_is_final(status: int, advice: str) -> None:
    async with serving(replies(Reply.error(status, "no\nway"))) as (model, server, _):
        with pytest.raises(ModelRefused, match=rf"{status}: no way; .*{advice}") as caught:
            await model.ainvoke("hi")
    assert (server.calls, caught.value.status, caught.value.attempts) == (1, status, 1)


async def test_no_credit_left_is_not_a_rate_limit() -> None:
    body = {"error": {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}}
    async with serving(replies(Reply(status=429, body=body))) as (model, server, _):
        with pytest.raises(ModelRefused, match="no credit"):
            await model.ainvoke("hi")
    assert server.calls == 1


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("7", 7.0),
        ("0.25", 0.25),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), 0.0),
        ("86400", 60.0),
        ("soon", 0.5),
    ],
)
async def test_retry_after_is_honoured(header: str, waited: float) -> None:
    async with serving(replies(Reply.rate_limited(header), Reply.text("ok"))) as (model, _, waits):
        await model.ainvoke("hi")
    assert waits == [waited]


async def test_silence_ends() -> None:
    async with serving(replies(Reply.silence()), timeout_s=0.2) as (model, server, _):
        with pytest.raises(ModelUnreachable, match=r"silence for 0\.2 s.*tried 3 times"):
            await model.ainvoke("hi")
        with pytest.raises(ModelUnreachable):
            model.invoke("hi")
    assert server.calls == 6


async def test_nobody_listens() -> None:
    with ScriptedServer(replies(Reply.text("x"))) as server:
        gone = server.base_url
    settings = ModelSettings(name="scripted", base_url=gone, timeout_s=2)
    model = build_model(settings, no_policy, retry=RetryPolicy(attempts=1))
    with pytest.raises(ModelUnreachable, match=gone):
        await model.ainvoke("hi")
    with pytest.raises(ModelUnreachable):
        model.invoke("hi")
    await close_model(model)


async def test_a_cancelled_call_is_not_tried_again() -> None:
    async with serving(replies(Reply.silence())) as (model, server, waits):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await model.ainvoke("hi")
    assert (server.calls, waits) == (1, [])


async def test_tools_and_structured_output_go_over_the_wire() -> None:
    script = replies(Reply.call("look_up", name="Northgate"), Reply.json({"label": "opt_out"}))
    async with serving(script, max_output_tokens=77, temperature=0.0) as (model, server, _):
        called = await model.bind_tools([look_up]).ainvoke("go")
        labelled = await model.with_structured_output(Label, method="json_schema").ainvoke("go")
    assert called.tool_calls[0]["args"] == {"name": "Northgate"}
    assert labelled == Label(label="opt_out")
    assert server.requests[0]["tools"][0]["function"]["name"] == "look_up"
    asked = server.requests[1]["response_format"]
    assert asked["type"] == "json_schema"
    assert (asked["json_schema"]["name"], asked["json_schema"]["strict"]) == ("Label", True)
    assert asked["json_schema"]["schema"]["required"] == ["label"]
    # What servers other than OpenAI's heed.
    assert (server.requests[1]["max_tokens"], server.requests[1]["temperature"]) == (77, 0.0)
    assert "max_completion_tokens" not in server.requests[1]
    # A grammar does not show the model what the fields mean.
    assert server.requests[1]["messages"][0]["role"] == "system"
    assert '"required":["label"]' in server.requests[1]["messages"][0]["content"]
    assert [m["role"] for m in server.requests[0]["messages"]] == ["user"]


async def test_a_refusal_of_the_model_is_kept() -> None:
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that"}
    script = replies(Reply(body={"choices": [{"message": message, "finish_reason": "stop"}]}))
    async with serving(script) as (model, _, _):
        assert (await model.ainvoke("x")).additional_kwargs["refusal"] == "I can't help with that"


@pytest.mark.parametrize("arguments", [{"name": "Northgate"}, '{"name": "Northgate"}'])
async def test_arguments_as_text_or_as_an_object(arguments: Any) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": arguments}}
    body = {"choices": [{"message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    async with serving(replies(Reply(body=body))) as (model, _, _):
        assert (await model.ainvoke("x")).tool_calls[0]["args"] == {"name": "Northgate"}
        call["function"] = {"name": "look_up"}
        assert (await model.ainvoke("x")).tool_calls[0]["args"] == {}


@cache
def endpoint() -> EndpointChatModel:
    """One for all examples; it makes no connection."""
    return build_endpoint(ModelSettings(name="scripted", base_url="http://127.0.0.1:9/v1"))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "a"]), inner),
    max_leaves=4,
)
CALL = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({}, optional={"name": ANYTHING | st.just("save"), "arguments": ANYTHING})},
    optional={"id": ANYTHING, "type": ANYTHING},
)
WRITTEN_CALL = st.fixed_dictionaries(
    {"name": st.just("save") | ANYTHING}, optional={"arguments": ANYTHING, "parameters": ANYTHING, "type": ANYTHING}
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant") | ANYTHING,
        "content": st.builds(json.dumps, WRITTEN_CALL | st.lists(WRITTEN_CALL, max_size=2)) | ANYTHING,
        "tool_calls": st.lists(CALL, max_size=2) | ANYTHING,
        "refusal": ANYTHING,
        "name": ANYTHING,
    },
)
COUNTS = st.dictionaries(
    st.sampled_from(["prompt_tokens", "completion_tokens", "prompt_tokens_details", "total_tokens"]), ANYTHING
)
BODY = st.fixed_dictionaries(
    {"choices": st.lists(st.fixed_dictionaries({"message": MESSAGE | ANYTHING}), max_size=2) | ANYTHING},
    optional={"usage": COUNTS | ANYTHING, "error": ANYTHING, "model": ANYTHING, "id": ANYTHING},
)


@given(body=BODY | ANYTHING)
@hypothesis_settings(max_examples=500, deadline=None)
def test_a_body_of_any_shape_is_an_answer_or_garbled(body: Any) -> None:
    try:
        result = endpoint()._result(json.dumps(body).encode(), {"save"})
    except Transient as failure:
        # Asserted outside of `pytest.raises`, as either outcome is right.
        assert type(failure.error) is ModelGarbled  # noqa: PT017
    else:
        assert endpoint()._account(result, [HumanMessage("hi")]).tokens >= 0


async def test_the_budget_of_the_run_stops_calls() -> None:
    script = replies(Reply.text("x", usage={"prompt_tokens": 90, "completion_tokens": 10}))
    async with serving(script) as (m, server, _):
        with spending(RunBudget(max_tokens=200)) as budget:
            await asyncio.gather(m.ainvoke("1"), m.ainvoke("2"))
            with pytest.raises(BudgetSpent, match="200 of 200 tokens; raise OUTREACH_MAX_TOKENS"):
                await m.ainvoke("3")
            with pytest.raises(BudgetSpent):
                m.invoke("3")
        assert (budget.calls, budget.spent.tokens, server.calls) == (2, 200, 2)
        assert (await m.ainvoke("outside the run")).text == "x"


async def test_what_was_never_answered_does_not_count() -> None:
    script = replies(Reply.error(401), Reply.error(500), Reply.error(500), Reply.error(500), Reply.garbage())
    async with serving(script) as (model, _, _):
        with spending(RunBudget(max_calls=1)) as budget:
            for error in (ModelRefused, ModelBusy):
                with pytest.raises(error):
                    await model.ainvoke("hi")
            assert budget.calls == 0
            with pytest.raises(ModelGarbled):
                await model.ainvoke("hi")
            assert budget.calls == 1  # answered, if with nonsense


async def test_astream_takes_the_same_way() -> None:
    async with serving(replies(Reply.error(500), Reply.text("whole"))) as (model, server, _):
        chunks = [chunk async for chunk in model.astream("hi")]
    assert "".join(chunk.text for chunk in chunks) == "whole"
    assert all(not request.get("stream") for request in server.requests)


async def test_an_openai_host_gets_openais_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/other")
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    model = build_endpoint(ModelSettings(name="gpt-4.1-mini", api_key=SecretStr("k"), max_output_tokens=5))
    payload = model._get_request_payload([HumanMessage("hi")])
    assert payload["max_completion_tokens"] == 5
    assert "extra_body" not in payload
    assert str(model.root_async_client.base_url) == "https://api.openai.com/v1/"
    assert model.root_async_client.api_key == "k"
    await model.aclose()
    with pytest.raises(ModelSettingsError, match="OPENAI_API_KEY"):
        build_endpoint(ModelSettings(name="gpt-4.1-mini"))


async def test_probe_lists_models_or_says_why_not() -> None:
    with ScriptedServer(replies(Reply.text("x")), models=("a", "b")) as server:
        assert await probe(ModelSettings(name="a", base_url=server.base_url)) == ["a", "b"]
        no_list = server.base_url.removesuffix("/v1")
        assert await probe(ModelSettings(name="a", base_url=no_list)) == []
    with pytest.raises(ModelUnreachable):
        await probe(ModelSettings(name="a", base_url=server.base_url), retry=RetryPolicy(attempts=1))


async def test_a_trickle_does_not_pass_the_time_limit() -> None:
    """The client's own time limit is only between two reads."""

    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
            for _ in range(200):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = ModelSettings(name="x", base_url=f"http://127.0.0.1:{port}/v1", timeout_s=0.3)
    model = build_model(settings, no_policy, retry=RetryPolicy(attempts=1))
    started = time.monotonic()
    with pytest.raises(ModelUnreachable, match="silence"):
        await model.ainvoke("hi")
    assert time.monotonic() - started < 2
    await close_model(model)
    server.close()
    await server.wait_closed()


async def test_what_is_no_json_is_garbled_by_the_responses_api_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the library reads the answer, and says so in an error of its own."""

    async def unreadable(*_given: Any, **_more: Any) -> Any:
        raise json.JSONDecodeError("Expecting value", "", 0)

    async with serving(replies(Reply.text("x"))) as (model, _server, _):
        assert isinstance(model, EndpointChatModel)
        model.use_responses_api = True
        monkeypatch.setattr(ChatOpenAI, "_agenerate", unreadable)
        with pytest.raises(ModelGarbled, match="Expecting value"):
            await model.ainvoke("hi")


async def test_the_responses_api_has_the_same_guards() -> None:
    """Some of OpenAI's models are only there; the loopback server does not know the path, and says 404."""
    async with serving(replies(Reply.text("x"))) as (model, server, _):
        assert isinstance(model, EndpointChatModel)
        model.use_responses_api = True
        with pytest.raises(ModelRefused, match="no such path: /v1/responses"):
            model.invoke("hi")
        with pytest.raises(ModelRefused):
            await model.ainvoke("hi")
    assert server.calls == 0
