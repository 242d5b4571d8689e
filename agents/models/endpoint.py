"""Any OpenAI-compatible endpoint: OpenAI's own, vLLM, Ollama, llama.cpp's server and others like them."""

import asyncio
import ipaddress
import json
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
import openai
import structlog
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, PrivateAttr, SecretStr

from agents.models.budget import current_budget
from agents.models.described import Described
from agents.models.errors import (
    ModelBusy,
    ModelError,
    ModelGarbled,
    ModelRefused,
    ModelSettingsError,
    ModelUnreachable,
    shortened,
)
from agents.models.pricing import CHARACTERS_A_TOKEN, COST_KEY, ESTIMATED_KEY, Prices, Usage, usage_of
from agents.models.resilience import RetryPolicy, Transient, retry_after_seconds
from agents.models.settings import ModelSettings
from agents.models.structured import parsed_by
from agents.models.wire import (
    call_what_is_written_out,
    counts_in,
    fault_in,
    response_format,
    set_aside,
    storable_answer,
    tools_offered,
    with_instruction,
)
from tools.plain_json import BadJson, read_json

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_S = 10.0
PASSING_STATUSES = frozenset({408, 409, 429})  # and every 5xx
ADVICE = {
    400: "the request does not suit this model; see the server's words",
    401: "check the API key (OPENAI_API_KEY)",
    402: "the account has no credit left",
    403: "this API key may not use this model",
    404: "check the model's name (OUTREACH_MODEL) and the base URL (OPENAI_BASE_URL)",
    413: "the prompt is too long for this model",
    422: "the request does not suit this model; see the server's words",
}
HIDDEN = "***"
SHORTEST_SECRET = 6  # local servers take 'none' and the like for a key: to hide that would only blot out words
SCHEMA_WORDS = "Answer with one JSON object and nothing else. It must fit this JSON schema:"


class EndpointChatModel(ChatOpenAI):
    """ChatOpenAI with retries, limits and readable errors. Built by `build_endpoint`.

    Raises `ModelRefused`, `ModelBusy`, `ModelUnreachable`, `ModelGarbled`, `BudgetSpent`.
    """

    _retry: RetryPolicy = PrivateAttr(default_factory=RetryPolicy)
    _prices: Prices | None = PrivateAttr(default=None)
    _deadline_s: float = PrivateAttr(default=120.0)
    _tell_schema: bool = PrivateAttr(default=False)
    _described: Described = PrivateAttr(default_factory=Described)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """As ChatOpenAI's, which writes the tools' schemas out anew at every call."""
        plain = strict is None and kwargs.get("response_format") is None
        return super().bind_tools(self._described.of(tools) if plain else tools, strict=strict, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Any = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        tools: list[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """As ChatOpenAI's, except that a pydantic schema's answer is parsed here and not inside the SDK,
        which raises on an invalid or cut answer and so loses it.
        """
        ours = isinstance(schema, type) and issubclass(schema, BaseModel) and method == "json_schema" and not tools
        if not ours:
            return super().with_structured_output(
                schema, method=method, include_raw=include_raw, strict=strict, tools=tools, **kwargs
            )
        assert isinstance(schema, type)  # noqa: S101 - for the type checker: `ours` says so
        raw = self.bind(response_format=response_format(schema, strict=strict is not False), **kwargs)
        return parsed_by(schema, raw, include_raw=include_raw)

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        asked = payload.get("response_format")
        if self._tell_schema and isinstance(asked, dict) and "json_schema" in asked:
            schema = json.dumps(asked["json_schema"]["schema"], separators=(",", ":"))
            payload["messages"] = with_instruction(payload["messages"], f"{SCHEMA_WORDS}\n{schema}")
        return payload

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)

        async def once() -> ChatResult:
            try:
                async with asyncio.timeout(self._deadline_s):  # the client's own limit is only between two reads
                    if self._use_responses_api(payload):
                        return await super(EndpointChatModel, self)._agenerate(messages, stop, run_manager, **kwargs)
                    raw = await self.async_client.with_raw_response.create(**payload)
                    return self._result(raw.http_response.content, tools_offered(payload))
            except (openai.OpenAIError, TimeoutError, json.JSONDecodeError) as error:
                raise self._understood(error) from self._cause(error)

        with current_budget().one_call() as report:
            try:
                result = await self._retry.call(once, model=self.model_name)
            except ModelGarbled:
                report(Usage(cost_usd=None))  # it was answered, and perhaps charged for
                raise
            report(self._account(result, messages))
        return result

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)

        def once() -> ChatResult:
            try:
                if self._use_responses_api(payload):
                    return super(EndpointChatModel, self)._generate(messages, stop, run_manager, **kwargs)
                raw = self.client.with_raw_response.create(**payload)
                return self._result(raw.http_response.content, tools_offered(payload))
            except (openai.OpenAIError, json.JSONDecodeError) as error:
                raise self._understood(error) from self._cause(error)

        with current_budget().one_call() as report:
            try:
                result = self._retry.call_sync(once, model=self.model_name)
            except ModelGarbled:
                report(Usage(cost_usd=None))
                raise
            report(self._account(result, messages))
        return result

    async def aclose(self) -> None:
        """Close both clients' connections."""
        await self.root_async_client.close()
        self.root_client.close()

    @property
    def _address(self) -> str:
        return self._unsaid(str(self.openai_api_base))

    def _unsaid(self, text: str) -> str:
        """A server's words, or its address, without what it was told in confidence: some servers repeat the key, and
        what is raised here is shown, logged and kept."""
        key = self.openai_api_key
        secret = key.get_secret_value() if isinstance(key, SecretStr) else ""
        password = urlsplit(str(self.openai_api_base)).password or ""
        for one in (secret, password, unquote(password)):
            if len(one) >= SHORTEST_SECRET:
                text = text.replace(one, HIDDEN)
        return text

    def _cause(self, error: Exception) -> Exception | None:
        """The error for the traceback, which is kept as well; none where it repeats a secret."""
        said = str(error)
        return error if self._unsaid(said) == said else None

    def _result(self, content: bytes, offered: Collection[str] = ()) -> ChatResult:
        try:
            body = read_json(content)
        except BadJson as error:
            preview = shortened(self._unsaid(content[:4000].decode("utf-8", "replace")), 120) or "nothing"
            raise Transient(ModelGarbled(self._address, f"not JSON, it begins with {preview!r}")) from error
        fault = fault_in(body)
        if fault:
            raise Transient(ModelGarbled(self._address, self._unsaid(fault)))
        answer = body["choices"][0]["message"] = storable_answer(body["choices"][0]["message"])
        call_what_is_written_out(answer, offered)
        unusable = set_aside(answer)
        body["usage"] = counts_in(body.get("usage"))
        try:
            result = self._create_chat_result(body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # What the library raises on a body of another shape than it expects; the body is the server's.
            raise Transient(ModelGarbled(self._address, self._unsaid(str(error)))) from error
        message = result.generations[0].message
        if isinstance(message, AIMessage):
            message.invalid_tool_calls.extend(unusable)
        if refusal := answer.get("refusal"):
            message.additional_kwargs["refusal"] = refusal
        return result

    def _understood(self, error: Exception) -> ModelError | Transient:
        if isinstance(error, openai.APIStatusError):
            status, said = error.status_code, self._unsaid(_said(error))
            if "insufficient_quota" in (error.code or "", error.type or ""):
                return ModelRefused(status, said, "the account has no credit left")
            if status in PASSING_STATUSES or status >= 500:
                asked = retry_after_seconds(error.response.headers.get("retry-after"), self._retry.now())
                return Transient(ModelBusy(status, said), asked)
            return ModelRefused(status, said, ADVICE.get(status, "see the server's words"))
        if isinstance(error, openai.APITimeoutError | TimeoutError):
            return Transient(ModelUnreachable(self._address, f"silence for {self._deadline_s:g} s"))
        if isinstance(error, openai.APIConnectionError):
            return Transient(ModelUnreachable(self._address, self._unsaid(_innermost(error))))
        return Transient(ModelGarbled(self._address, self._unsaid(str(error))))

    def _account(self, result: ChatResult, messages: Sequence[BaseMessage]) -> Usage:
        message = result.generations[0].message
        if not isinstance(message, AIMessage):
            raise ModelGarbled(self._address, f"the answer's role is {message.type!r}")
        if message.usage_metadata is None:
            # Without any count a limit of tokens would never be reached.
            asked = sum(len(m.text) for m in messages) // CHARACTERS_A_TOKEN + 1
            said = (len(message.text) + len(json.dumps(message.tool_calls))) // CHARACTERS_A_TOKEN + 1
            message.usage_metadata = {
                "input_tokens": asked,
                "output_tokens": said,
                "total_tokens": asked + said,
            }
            message.response_metadata[ESTIMATED_KEY] = True
            log.warning("model.usage_estimated", model=self.model_name, tokens_in=asked, tokens_out=said)
        used = usage_of(message)
        if self._prices is not None:
            cost = self._prices.cost(used.tokens_in, used.tokens_out, used.tokens_cached)
            message.response_metadata[COST_KEY] = cost
        return usage_of(message)


@cache
def _certificates(trust_env: bool) -> ssl.SSLContext:
    """Whom TLS trusts: read once in a process, since a reading costs 45 ms and every agent of every run has two
    clients."""
    return httpx2.create_ssl_context(trust_env=trust_env)


def build_endpoint(settings: ModelSettings, *, retry: RetryPolicy | None = None) -> EndpointChatModel:
    """The endpoint that the settings name.

    OpenAI's own hosts get `max_completion_tokens` and may be asked through the Responses API where a model
    needs it; every other server gets `max_tokens`, which all heed, the schema in words as well, and Chat
    Completions. A server without a key in the settings gets the word 'none' for one, as local servers expect
    some value.

    Raises `ModelSettingsError` where OpenAI is meant and there is no key.
    """
    hosted = settings.dialect == "openai"
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    if hosted and not key:
        raise ModelSettingsError(
            f"the model {settings.name!r} needs an API key (OPENAI_API_KEY), "
            "or the base URL of a server that needs none (OPENAI_BASE_URL)"
        )
    timeout = openai.Timeout(settings.timeout_s, connect=min(settings.timeout_s, CONNECT_TIMEOUT_S))
    # Clients of our own: the library's are cached for the process and outlive the event loop they were used
    # in. A proxy set for the machine must not get between two processes on it.
    trust_env = not _is_loopback(settings.host)
    client: dict[str, Any] = {"timeout": timeout, "trust_env": trust_env, "verify": _certificates(trust_env)}
    options: dict[str, Any] = (
        {"max_completion_tokens": settings.max_output_tokens}
        if hosted
        else {"extra_body": {"max_tokens": settings.max_output_tokens}, "use_responses_api": False}
    )
    model = EndpointChatModel(
        model=settings.name,
        api_key=SecretStr(key or "none"),
        base_url=settings.address,
        timeout=timeout,
        max_retries=0,
        temperature=settings.temperature,
        disable_streaming=True,  # a stream would pass the retries by
        cache=False,
        http_client=openai.DefaultHttpxClient(**client),
        http_async_client=openai.DefaultAsyncHttpxClient(**client),
        **options,
    )
    model._retry = retry or RetryPolicy(attempts=settings.max_retries + 1)
    model._prices = settings.prices
    model._deadline_s = settings.timeout_s
    model._tell_schema = not hosted
    return model


async def probe(settings: ModelSettings, *, retry: RetryPolicy | None = None) -> list[str]:
    """The names of the models that the server offers; empty where it keeps no such list. Costs nothing.

    Raises `ModelRefused`, `ModelBusy`, `ModelUnreachable`, `ModelSettingsError`.
    """
    model = build_endpoint(settings, retry=retry)

    async def once() -> list[str]:
        try:
            async with asyncio.timeout(settings.timeout_s):
                raw = await model.root_async_client.models.with_raw_response.list()
                body = read_json(raw.http_response.content)
        except openai.NotFoundError:
            return []
        except (openai.OpenAIError, TimeoutError, BadJson) as error:
            raise model._understood(error) from model._cause(error)
        return names_in(body)

    try:
        return await model._retry.call(once, model=settings.name)
    finally:
        await model.aclose()


def names_in(body: Any) -> list[str]:
    """The names of models in a server's list of them, whatever shape it has."""
    listed = body.get("data") if isinstance(body, dict) else None
    return [str(m["id"]) for m in listed if isinstance(m, dict) and "id" in m] if isinstance(listed, list) else []


def _said(error: openai.APIStatusError) -> str:
    body: Any = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        said = inner.get("message") if isinstance(inner, Mapping) else inner
        if said:
            return str(said)
    return error.message


def _innermost(error: BaseException) -> str:
    found = error
    while found.__cause__ is not None:
        found = found.__cause__
    return f"{type(found).__name__}: {found}" if str(found) else type(found).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
