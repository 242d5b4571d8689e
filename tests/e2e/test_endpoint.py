"""The same job over an OpenAI-compatible endpoint: the same tables; and what a bad endpoint does to a run."""

import pytest
from sqlalchemy import func, select

from agents.agent import AnswerAgent, ToolAgent
from agents.drafting_schema import Claim, DraftAnswer
from agents.qc_schema import Verdict
from agents.registry import AGENTS
from db.models import AgentRun, MessageDraft, ResearchFact
from tests.e2e.conftest import MakeOffice, Office
from tests.support import ollama_rules
from tests.support.openai_server import Reply, ScriptedServer, policy_script, route, with_faults
from tests.support.world import run_problems, world


def rules_over_the_wire() -> object:
    """The policies of all agents behind one server, told apart by what is asked of it."""
    policies = {}
    for agent in AGENTS.values():
        if isinstance(agent, AnswerAgent):
            policies[agent.schema.__name__] = agent.policy
        elif isinstance(agent, ToolAgent):
            policies[sorted(agent.must_call or {tool.name for tool in agent.tools})[0]] = agent.policy
    return policy_script(route(policies))


def endpoint(make_office: MakeOffice, url: str, server: ScriptedServer, **settings: object) -> Office:
    return make_office(
        url,
        name="endpoint",
        model="scripted",
        openai_base_url=server.base_url,
        openai_api_key="none",
        price_in=1.0,
        price_out=2.0,
        **settings,
    )


LIE = "Your field was relit in 1987 and three lamps failed last fall."
FAULTS = {
    1: Reply.rate_limited("0"),
    4: Reply.error(500),
    7: Reply.garbage(),
    9: Reply.web_page(),
    12: Reply.unknown_tool(),
    15: Reply.broken(),
}


@pytest.mark.parametrize("faults", [{}, FAULTS], ids=["sound", "faulty"])
def test_the_same_tables_as_with_rules(
    make_office: MakeOffice, after_a_run: MakeOffice, database_url: str, empty_twin_url: str, faults: dict[int, Reply]
) -> None:
    plain = after_a_run(empty_twin_url, name="rules")
    with ScriptedServer(with_faults(rules_over_the_wire(), faults)) as server:
        wired = endpoint(make_office, database_url, server)
        result = wired.run()
    assert result.complete, result.tally.errors
    assert {fault for request in server.requests for fault in ollama_rules.faults(request)} == set()
    assert wired.read(world) == plain.read(world)
    assert wired.read(run_problems) == []
    spent = wired.read(lambda s: s.execute(select(func.sum(AgentRun.tokens_in), func.sum(AgentRun.cost_usd))).one())
    assert spent[0] > 1000
    assert spent[1] > 0
    calls = wired.read(lambda s: s.scalars(select(AgentRun).where(AgentRun.run_type == "model_call")).all())
    assert {call.model for call in calls} == {"scripted"}
    assert all(call.prompt_id and call.prompt_hash for call in calls)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Reply.error(401, "bad key"), "401"),
        (Reply.error(500), "500"),
        (Reply.garbage(), "JSON"),
        (Reply.silence(), "silence"),
        (Reply.unknown_tool(), ""),
        (Reply.text("I would rather talk about something else."), ""),
    ],
    ids=["401", "500", "garbage", "silence", "unknown-tool", "chatter"],
)
def test_a_bad_endpoint_ends_cleanly(after_a_run: MakeOffice, sqlite_url: str, fault: Reply, says: str) -> None:
    # Only the contacts are left to do: the imports went through the rules before.
    office = after_a_run(sqlite_url, name="rules", colleges=2, limit=0)
    with ScriptedServer(lambda _request, _number: fault) as server:
        broken = Office(
            office.settings.model_copy(
                update={
                    "model": "scripted",
                    "openai_base_url": server.base_url,
                    "model_timeout_s": 0.3 if says == "silence" else 60.0,
                    "model_attempts": 2,
                }
            ),
            [],
        )
        result = broken.run()
    assert not result.complete
    drafts = office.read(lambda s: s.scalar(select(func.count()).select_from(MessageDraft)))
    assert drafts == 0
    errors = office.read(
        lambda s: [e for e in s.scalars(select(AgentRun.error_message).where(AgentRun.status == "error")) if e]
    )
    assert errors
    assert says in " ".join(errors)
    assert office.read(lambda s: s.scalars(select(AgentRun).where(AgentRun.status == "running")).all()) == []
    # With a model that answers, the same contacts are carried on with.
    healed = Office(office.settings, []).run()
    assert healed.complete
    assert healed.tally.waiting == 2


def test_a_budget_stops_the_run_and_a_larger_one_carries_on(
    make_office: MakeOffice, after_a_run: MakeOffice, sqlite_url: str
) -> None:
    office = after_a_run(sqlite_url, name="rules", colleges=3, limit=0)
    with ScriptedServer(rules_over_the_wire()) as server:
        small = endpoint(make_office, sqlite_url, server, max_calls=4, concurrency=1)
        small.files = []
        result = small.run()
        assert result.tally.stopped is not None
        assert "4" in result.tally.stopped
        large = endpoint(make_office, sqlite_url, server, max_calls=1000)
        large.files = []
        assert large.run().complete
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(MessageDraft))) == 3
    repeated = office.read(lambda s: s.scalar(select(func.count()).select_from(AgentRun).where(AgentRun.attempt > 3)))
    assert repeated == 0


def test_a_model_that_makes_things_up_gets_nothing_past_qc(
    make_office: MakeOffice, after_a_run: MakeOffice, sqlite_url: str
) -> None:
    """A fluent draft with an invented fact is sent back, and at the end kept from the inbox."""
    office = after_a_run(sqlite_url, name="rules", colleges=1, limit=0)
    invented = DraftAnswer(
        subject="Your lights",
        body=f"Hi there,\n\n{LIE}\n\nWorth a look?\n\nBest,\nDana Whitfield",
        claims=[Claim(sentence=LIE, fact=1)],
        opener_style="company_metric",
        ask_style="direct_ask",
    )
    honest = rules_over_the_wire()

    def script(request: dict[str, object], number: int) -> Reply:
        name = (request.get("response_format") or {}).get("json_schema", {}).get("name")  # type: ignore[attr-defined]
        if name == "DraftAnswer":
            return Reply.json(invented.model_dump())
        if name == "Verdict":
            return Reply.json(Verdict(flags=[]).model_dump())
        return honest(request, number)  # type: ignore[operator,no-any-return]

    with ScriptedServer(script) as server:
        lying = endpoint(make_office, sqlite_url, server)
        lying.files = []
        lying.run()
    draft = office.read(lambda s: s.scalars(select(MessageDraft)).one())
    assert draft.qc_passed is False
    blocks = {f["rule"] for f in draft.qc_flags if f["severity"] == "block"}
    assert "greeting.name" in blocks
    assert any(rule.startswith("claim.") for rule in blocks), "what no fact says, or a number that its fact has not"
    from tests.support.inbox import waiting_drafts

    assert office.read(waiting_drafts) == []
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(ResearchFact))) > 0
