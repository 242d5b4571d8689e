"""Research as the graph node that it is, on both databases. All schools and people are invented."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from agents.researcher import AGENT
from agents.researcher_policy import facts_in, short_place, short_title
from db.models import AgentRun, Contact, ExternalId, MessageDraft, Prospect, ResearchFact, ResearchSnapshot
from graphs.routing import after_research
from playbooks import load_playbook
from tests.support.contact_desk import COLLEGE, STADIUM, add_records, desk_at, endpoint
from tests.support.openai_server import Reply, ScriptedServer, replies, tools_of

TESTING = load_playbook("qa-software").research.openings or ""
SENTENCES = {
    "Harbor State plays its home football at the Lakeside Bowl.",
    "The Lakeside Bowl was built in 1969.",
    "The Lakeside Bowl seats 25,319.",
    "Harbor State University competes in NCAA Division II.",
}


async def test_facts_snapshot_and_what_they_suggest(database_url: str) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(COLLEGE, STADIUM)
        run = await desk.run(AGENT)
        facts = {f.sentence: f for f in await desk.all(ResearchFact)}
        snapshot = (await desk.all(ResearchSnapshot))[0]
        prospect = await desk.one(Prospect, desk.state["prospect_id"])
        contact = await desk.one(Contact, desk.state["contact_id"])
    assert set(facts) == SENTENCES
    assert facts["The Lakeside Bowl seats 25,319."].quote == "Stadium: Lakeside Bowl\nCapacity: 25319"
    assert {f.snapshot_id for f in facts.values()} == {snapshot.id} == {run.id} == {desk.state["snapshot_id"]}
    assert all(sentence in snapshot.summary for sentence in SENTENCES)
    assert (prospect.status, contact.stage, desk.state["facts"]) == ("research_complete", "researched", 3)
    assert "not on record" in prospect.constraint_hypothesis
    assert (run.status, run.sources_used) == ("success", ["Register 0", "Register 1"])


async def test_a_second_run_with_a_young_snapshot_asks_no_model_and_finds_the_same(database_url: str) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(STADIUM)
        first = await desk.run(AGENT)
        again = await desk.run(AGENT)
        snapshots, facts = await desk.all(ResearchSnapshot), await desk.all(ResearchFact)
        calls = await desk.db.read(lambda s: s.scalar(select(func.count()).where(AgentRun.parent_run_id == again.id)))
    assert ([s.id for s in snapshots], len(facts), calls) == ([first.id], 3, 0)
    assert again.decisions == [{"reused_snapshot": first.id}]
    assert desk.state["facts"] == 3


@pytest.mark.parametrize(("days", "reused"), [(179, True), (181, False)])
async def test_an_old_snapshot_is_not_reused_and_its_facts_move_on(database_url: str, days: int, reused: bool) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(STADIUM)
        first = await desk.run(AGENT)
        before = {f.id for f in await desk.all(ResearchFact)}
        then = datetime.now(UTC) - timedelta(days=days)
        await desk.write(lambda s: s.execute(update(ExternalId).values(updated_at=then - timedelta(days=1))) and None)
        await desk.write(lambda s: s.execute(update(ResearchSnapshot).values(created_at=then)) and None)
        again = await desk.run(AGENT)
        facts = await desk.all(ResearchFact)
    # The business key: the same sentence about the same school stays one row, in the newest snapshot.
    assert {f.id for f in facts} == before
    assert {f.snapshot_id for f in facts} == {first.id if reused else again.id}
    assert desk.state["facts"] == 3


async def test_a_young_snapshot_is_not_reused_once_more_is_on_file(database_url: str) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(STADIUM)
        first = await desk.run(AGENT)
        school = desk.state["prospect_id"]
        await desk.write(lambda s: add_records(s, s.get_one(Prospect, school), COLLEGE, key="later") or None)
        again = await desk.run(AGENT)
        snapshots = {snapshot.id for snapshot in await desk.all(ResearchSnapshot)}
    assert snapshots == {first.id, again.id}
    assert not again.decisions


@pytest.mark.parametrize("records", [(), (COLLEGE,)], ids=["nothing on file", "nothing to open with"])
async def test_without_a_usable_fact_nobody_is_written_to(
    database_url: str, records: tuple[dict[str, str], ...]
) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(*records)
        run = await desk.run(AGENT)
        prospect = await desk.one(Prospect, desk.state["prospect_id"])
        contact = await desk.one(Contact, desk.state["contact_id"])
        drafts = await desk.all(MessageDraft)
    assert (prospect.status, contact.stage, desk.state["facts"], drafts) == ("nurture", "new", 0, [])
    assert after_research({"facts": 0}) == "__end__"
    assert (run.status, run.error_message) == ("partial", "no fact that a first message could open with")


@pytest.mark.parametrize(("lights", "written"), [("modern_led", False), ("early_led", True), (None, True)])
async def test_whoever_has_what_is_sold_is_not_written_to(database_url: str, lights: str | None, written: bool) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(COLLEGE, STADIUM)
        await desk.write(lambda s: s.execute(update(Prospect).values(current_lighting_type=lights)) and None)
        first, again = await desk.run(AGENT), await desk.run(AGENT)
        prospect = await desk.one(Prospect, desk.state["prospect_id"])
    why = None if written else "they play under modern LED already"
    assert (desk.state["facts"] > 0, first.error_message, again.error_message) == (written, why, why)
    assert (prospect.status == "nurture") is not written


async def test_a_fact_that_a_playbook_names_ends_research_too(database_url: str) -> None:
    async with desk_at(database_url) as desk:
        await desk.sit_down(COLLEGE, STADIUM)
        await desk.run(AGENT)
        said = "The lights at the Lakeside Bowl were replaced with LED fixtures in 2021."
        await desk.write(lambda s: s.execute(update(ResearchFact).values(sentence=said, quote=said)) and None)
        again = await desk.run(AGENT)
        prospect = await desk.one(Prospect, desk.state["prospect_id"])
    assert again.error_message == "a kept fact says that they play under modern LED already"
    assert (desk.state["facts"], prospect.status) == (0, "nurture")


async def test_a_refused_fact_goes_back_to_the_model_which_may_mend_it(sqlite_url: str) -> None:
    fact = {"source": 1, "field": "facility", "sentence": "The Lakeside Bowl was built in 1969."}
    script = replies(
        Reply.call("read_source", number=9),
        Reply.call("save_facts", facts=[{**fact, "quote": "Built in: 1969"}]),
        Reply.call("save_facts", facts=[{**fact, "quote": "Year Built: 1969"}]),
        Reply.call("save_hypothesis", constraint_hypothesis="Lights from 1984.", value_proposition=""),
        Reply.call("save_hypothesis", constraint_hypothesis="Built in 1969.", value_proposition=""),
        Reply.text("Done."),
    )
    with ScriptedServer(script) as server:
        async with desk_at(sqlite_url, endpoint(server)) as desk:
            await desk.sit_down(STADIUM)
            run = await desk.run(AGENT)
            facts = await desk.all(ResearchFact)
            prospect = await desk.one(Prospect, desk.state["prospect_id"])
        said = [m["content"] for m in server.requests[-1]["messages"] if m["role"] == "tool"]
    assert [f.sentence for f in facts] == [fact["sentence"]]
    assert facts[0].agent_run_id == run.id
    assert prospect.constraint_hypothesis == "Built in 1969."
    assert "There is no source 9" in said[0]
    assert "letter for letter" in said[1]
    assert said[2] == "1: kept."
    assert "1984" in said[3]


@pytest.mark.parametrize(
    ("remarks", "offered"),
    [("", {"save_facts", "save_hypothesis"}), ("gravel " * 400, {"read_source", "save_facts", "save_hypothesis"})],
)
async def test_a_model_is_offered_only_tools_that_can_do_something(
    sqlite_url: str, remarks: str, offered: set[str]
) -> None:
    script = replies(
        Reply.call("save_hypothesis", constraint_hypothesis="", value_proposition=""),
        Reply.text("Done."),
    )
    with ScriptedServer(script) as server:
        async with desk_at(sqlite_url, endpoint(server)) as desk:
            await desk.sit_down({**STADIUM, "Remarks": remarks})
            await desk.run(AGENT)
    assert [set(tools_of(request)) for request in server.requests] == [offered, offered]


async def test_long_sources_are_named_and_read_when_wanted(sqlite_url: str) -> None:
    async with desk_at(sqlite_url) as desk:
        await desk.sit_down({**STADIUM, "Remarks": "gravel " * 400})
        await desk.run(AGENT)
        assert len(await desk.all(ResearchFact)) == 3
        calls = await desk.db.read(lambda s: s.scalar(select(func.count()).where(AgentRun.run_type == "tool_call")))
    assert calls == 3  # read_source, save_facts, save_hypothesis


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Sr Software Development Engineer in Test (SDET) - Evisort", "Senior Software Development Engineer in Test"),
        ("Contractor: Senior Quality Engineer", "Senior Quality Engineer"),
        ("QA Engineer II - Rockets, Core", "QA Engineer"),
        ("Software Engineer — Test", "Software Engineer in Test"),
        ("Director, Quality Assurance", "Director of Quality Assurance"),
        ("Engineering Manager - Regression Testing", "Engineering Manager for Regression Testing"),
        ("QA/DevOps Engineer", "QA/DevOps Engineer"),
        ("Backend Engineer, Payments", "Backend Engineer"),
    ],
)
def test_a_title_as_one_says_it(title: str, said: str) -> None:
    assert short_title(title, re.compile(TESTING, re.IGNORECASE)) == said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("San Francisco Bay Area", "the San Francisco Bay Area"),
        ("Toronto, Canada", "Toronto"),
        ("US - United States", ""),
        ("Remote - Argentina; Brazil", ""),
        ("delhi", ""),
        ("", ""),
    ],
)
def test_a_place_as_one_says_it(place: str, said: str) -> None:
    assert short_place(place) == said


def test_openings_in_testing_only_each_once_and_at_most_three() -> None:
    titles = ["Test Engineer", "Test Engineer", "Accountant", "QA Lead", "SDET", "Quality Engineer"]
    body = "\n".join(f"Company: Tidepool; Title: {t}; Location: Leeds, England" for t in titles)
    sentences = [fact.sentence for fact in facts_in(1, body, "Tidepool", TESTING)]
    assert sentences == [
        f"Tidepool has an opening for {t} in Leeds." for t in ("a Test Engineer", "a QA Lead", "an SDET")
    ]


def test_an_opening_is_read_whatever_its_columns_are_called() -> None:
    line = "Employer: Tidepool; Position: QA Lead; City: Leeds; URL: https://tidepool.example/1"
    assert [(fact.sentence, fact.quote) for fact in facts_in(1, line, "Tidepool Ltd", TESTING)] == [
        ("Tidepool has an opening for a QA Lead in Leeds.", line)
    ]
    company = "Company: Tidepool; Employees: 90"
    assert [fact.field for fact in facts_in(1, company, "Tidepool", TESTING)] != ["hiring_signals"]


@pytest.mark.parametrize(
    ("conference", "kept"),
    [("SEC", True), ("Big Ten", True), ("Pioneer", False), ("Ohio", False), ("", False)],
)
def test_a_conference_is_kept_only_where_the_record_has_its_whole_name(conference: str, kept: bool) -> None:
    record = "\n".join(f"{k}: {v}" for k, v in {**STADIUM, "Conference": conference}.items() if v)
    assert any("plays football in the" in fact.sentence for fact in facts_in(1, record, "x", TESTING)) == kept


def test_numbers_as_people_write_them_are_read_or_left_out() -> None:
    body = "School: Aldous\nStadium: Doss Field\nYear Built: n/a\nCapacity: 3,500"
    assert [fact.sentence for fact in facts_in(1, body, "Aldous", TESTING)] == [
        "Aldous plays its home football at Doss Field.",
        "Doss Field seats 3,500.",
    ]
    unknown = body.replace("3,500", "about a lot")
    assert len(facts_in(1, unknown, "Aldous", TESTING)) == 1
    college = "Institution Name: Aldous College\nUndergraduates: 4,100"
    assert [fact.sentence for fact in facts_in(1, college, "Aldous", TESTING)] == [
        "Aldous College has 4,100 undergraduates."
    ]
    company = "Company: Tallgrass\nEmployees: 1,200"
    assert [fact.sentence for fact in facts_in(1, company, "Tallgrass", TESTING)] == [
        "Tallgrass has about 1,200 employees."
    ]
