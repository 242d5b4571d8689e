"""Hygiene as the graph node that it is, on both databases. All organisations and people are invented."""

from typing import Any

from sqlalchemy import select, text

from agents.hygiene import AGENT
from agents.hygiene_policy import SAME_FROM, judge, title_class
from agents.models import ModelSettings
from db.actors import acting_as
from db.models import AgentAuditLog, AgentRun, Contact, HygieneFlag, Prospect
from playbooks import load_playbook
from playbooks.model import Dedupe
from tests.support.agent_graph import SmallMachine, small_machine
from tests.support.openai_server import Reply, ScriptedServer, replies
from tests.support.rows import make_contact, make_prospect

LIGHTS = "sports-lighting"


async def fill(machine: SmallMachine, make: Any) -> None:
    with acting_as("user:kim"):
        await machine.db.write(make)


async def flags(machine: SmallMachine) -> list[tuple[str, bool]]:
    rows = await machine.db.read(lambda s: s.scalars(select(HygieneFlag).order_by(HygieneFlag.flag_type)).all())
    return [(flag.flag_type, flag.resolved_at is None) for flag in rows]


def one_college(session: Any) -> None:
    prospect = make_prospect(session, name="Oakmont  College ", enrollment=3205, primary_sport="football")
    prospect.account.website_url = "www.oakmont.example"
    make_contact(session, prospect, first_name="Kim", title="Director of Athletics", email=" Kim@Oakmont.example")
    make_contact(session, prospect, first_name="Sam", title="Vice President for Finance & CFO", role="champion")


async def test_tidied_classified_scored_and_tiered(database_url: str) -> None:
    async with small_machine(database_url) as machine:
        await fill(machine, one_college)
        run = await machine.run(AGENT, LIGHTS)
        prospect = await machine.db.read(lambda s: s.scalars(select(Prospect)).one())
        account = await machine.db.read(lambda s: s.scalars(select(Prospect)).one().account)
        people = await machine.db.read(lambda s: {c.first_name: c for c in s.scalars(select(Contact))})
        actions = await machine.db.read(lambda s: s.scalars(select(AgentAuditLog.action)).all())
        calls = await machine.db.read(
            lambda s: s.scalars(select(AgentRun).where(AgentRun.parent_run_id == run.id)).all()
        )
        assert await flags(machine) == []
    assert (run.status, run.records_processed, calls) == ("success", 1, [])
    assert (prospect.name, account.domain, account.website_url) == (
        "Oakmont College", "oakmont.example", "https://www.oakmont.example",
    )  # fmt: skip
    assert (prospect.status, prospect.tier) == ("needs_research", "A2")
    kim, sam = people["Kim"], people["Sam"]
    assert (kim.email, kim.persona_type, kim.role, kim.is_primary) == (
        "kim@oakmont.example", "Athletic Director", "decision_maker", True,
    )  # fmt: skip
    # What somebody set by hand stays.
    assert (sam.persona_type, sam.seniority_level, sam.role, sam.is_primary) == ("CFO", "C-Suite", "champion", False)
    assert actions == ["prospect_scored"]


async def test_a_note_that_asks_for_silence_is_heeded_before_anybody_is_due(database_url: str) -> None:
    async with small_machine(database_url) as machine:
        await fill(machine, one_college)
        await fill(machine, lambda s: setattr(s.scalars(select(Contact)).first(), "notes", "wants no more mail"))
        run, again = await machine.run(AGENT, LIGHTS), await machine.run(AGENT, LIGHTS)
        barred = await machine.db.read(
            lambda s: s.scalars(select(Contact.dnc_reason).where(Contact.do_not_contact)).all()
        )
    assert (run.outputs["notes_heeded"], again.outputs["notes_heeded"]) == (1, 0)
    assert barred == ["a note says: wants no more mail"]


async def test_a_second_run_changes_nothing(database_url: str) -> None:
    tables = ("prospects", "accounts", "contacts", "prospect_scores", "hygiene_flags", "activities", "agent_audit_log")

    def dump(session: Any) -> dict[str, list[tuple[Any, ...]]]:
        return {t: [tuple(r) for r in session.execute(text(f"SELECT * FROM {t} ORDER BY id"))] for t in tables}

    async with small_machine(database_url) as machine:
        await fill(machine, one_college)
        await fill(machine, lambda s: make_prospect(s, name="Lonely College") and None)
        await machine.run(AGENT, LIGHTS)
        before = await machine.db.read(dump)
        again = await machine.run(AGENT, LIGHTS)
        assert await machine.db.read(dump) == before
    assert again.outputs["looked_at"] == 0


async def test_what_is_missing_is_flagged_once_and_settled_when_it_comes(database_url: str) -> None:
    async with small_machine(database_url) as machine:
        await fill(machine, lambda s: make_prospect(s, name="Lonely College", enrollment=500) and None)
        await machine.run(AGENT, LIGHTS)
        assert await flags(machine) == [("data_quality", True), ("missing_contact", True)]

        def add(session: Any) -> None:
            prospect = session.scalars(select(Prospect)).one()
            make_contact(session, prospect, email=None)

        await fill(machine, add)
        await machine.run(AGENT, LIGHTS)
        assert await flags(machine) == [("data_quality", True), ("missing_contact", False), ("missing_email", True)]


def model_decides(machine: SmallMachine) -> None:
    decides = load_playbook(LIGHTS).model_copy(update={"dedupe": Dedupe(model_decides=True)})
    machine.machine.playbook = lambda _name: decides


def doubtful(session: Any) -> None:
    make_prospect(session, name="Oakmont College", city="Akron", enrollment=900)
    make_prospect(session, name="Oakmont College", enrollment=900)
    other = make_prospect(session, name="Quarry College", enrollment=900)
    make_contact(session, other, first_name="Jo", title="Keeper of the Floodlights")


async def test_a_person_decides_on_doubles_unless_the_playbook_says_otherwise(database_url: str) -> None:
    async with small_machine(database_url) as machine:
        await fill(machine, doubtful)
        first = await machine.run(AGENT, LIGHTS)
        second = await machine.run(AGENT, LIGHTS)
        jo = await machine.db.read(lambda s: s.scalars(select(Contact)).one())
        query = select(HygieneFlag).where(HygieneFlag.flag_type == "duplicate_suspect")
        duplicate = await machine.db.read(lambda s: s.scalars(query).one())
        model_decides(machine)
        third = await machine.run(AGENT, LIGHTS)
        fourth = await machine.run(AGENT, LIGHTS)
        still = await machine.db.read(lambda s: s.scalars(query).one())
        actions = await machine.db.read(lambda s: s.scalars(select(AgentAuditLog.action)).all())
    assert first.outputs["asked"] == {"pairs": 0, "titles": 1}
    assert first.outputs["merged"]["organisations"] == {"flagged": 1}
    assert second.outputs["asked"] == {"pairs": 0, "titles": 0}
    assert (jo.persona_type, jo.role) == ("Other", "unknown")
    assert duplicate.other_prospect_id is not None
    assert "Oakmont College look like one organisation (9" in duplicate.message
    # Below their threshold the rules leave it to a person, and are not asked again.
    assert (third.outputs["asked"]["pairs"], fourth.outputs["asked"]["pairs"]) == (1, 0)
    assert still.resolved_at is None
    assert actions.count("duplicate_judged") == actions.count("title_classified") == 1


async def test_a_comparison_is_made_of_what_changed(sqlite_url: str) -> None:
    async with small_machine(sqlite_url) as machine:
        await fill(machine, doubtful)
        runs = [await machine.run(AGENT, LIGHTS) for _ in range(2)]
        await fill(machine, lambda s: make_prospect(s, name="Quarry College", city="Akron") and None)
        runs.append(await machine.run(AGENT, LIGHTS))
    said = [run.outputs["compared"]["changed"] for run in runs]
    # Everything first; then nothing that is compared has changed; then an account with its prospect.
    assert said == [None, 0, 2]
    marks = [run.outputs["compared"]["sealed"] for run in runs]
    assert marks == sorted(set(marks))


async def test_a_model_judges_with_the_same_tools(sqlite_url: str) -> None:
    jo = {"number": 1, "persona_type": "Facilities Director", "seniority_level": "Manager", "role": "influencer"}
    script = replies(
        Reply(
            tool_calls=[
                ("judge_pair", {"number": 7, "verdict": "same", "reason": "x"}, "a"),
                ("classify_title", {**jo, "persona_type": "Wizard"}, "b"),
            ]
        ),
        Reply(
            tool_calls=[
                ("judge_pair", {"number": 1, "verdict": "different", "reason": "Two towns."}, "c"),
                ("classify_title", jo, "d"),
            ]
        ),
        Reply.text("Done."),
    )
    with ScriptedServer(script) as server:
        models = ModelSettings(name="scripted", base_url=server.base_url, api_key="none")
        async with small_machine(sqlite_url, models) as machine:
            model_decides(machine)
            await fill(machine, doubtful)
            run = await machine.run(AGENT, LIGHTS)
            person = await machine.db.read(lambda s: s.scalars(select(Contact)).one())
            found = await machine.db.read(
                lambda s: s.scalars(select(HygieneFlag).where(HygieneFlag.flag_type == "duplicate_suspect")).all()
            )
            calls = await machine.db.read(
                lambda s: s.scalars(select(AgentRun.status).where(AgentRun.run_type == "tool_call")).all()
            )
    assert run.status == "success"
    assert sorted(calls) == ["partial", "partial", "success", "success"]
    assert (person.persona_type, person.seniority_level) == ("Facilities Director", "Manager")
    assert [(flag.resolution_notes, flag.resolved_at is None) for flag in found] == [("kept apart: Two towns.", False)]


def test_the_policys_verdicts() -> None:
    def record(name: str, **more: str) -> dict[str, str]:
        return {"name": name, "state": "OH", **more}

    one = record("Oakmont College", city="Akron", domain="oakmont.example")
    assert judge(one, record("Oakmont College", state="PA"), 99)[0] == "different"
    assert judge(one, record("Oakmont College", city="Dayton"), 99)[0] == "different"
    assert judge(record("Oakmont U-East"), record("Oakmont U-North"), 99)[0] == "different"
    assert judge(one, record("The Oakmont College", city="akron"), SAME_FROM)[0] == "same"
    # 'HS', initials and the kind are no words of a name's own: what they leave open is a person's.
    assert judge(record("Oakmont HS", city="Akron"), record("Oakmont High School", city="Akron"), 99)[0] == "same"
    here = {"city": "Akron", "domain": "oakmont.example"}
    open_pairs = [
        ("U of Oakmont", "University of Oakmont"),
        ("OTS", "Oakmont Telemetry Systems"),
        ("Oakmont N.", "Oakmont North High School"),
        ("Oakmont College", "Oakmont University"),
    ]
    for name, other in open_pairs:
        assert judge(record(name, **here), record(other, **here), 99)[0] == "unsure", name
    assert judge(record("Oakmont Middle School", **here), record("Oakmont HS", **here), 99)[0] == "different"
    assert judge(one, record("The Oakmont College", city="akron"), SAME_FROM - 1)[0] == "unsure"
    assert judge(one, record("Oakmont School of Art", domain="oakmont.example"), 99)[0] != "same"
    assert judge(one, record("Oakmont College"), 99)[0] == "unsure"
    assert title_class("Director of Wonder") == {
        "persona_type": "Other", "role": "unknown", "seniority_level": "Director",
    }  # fmt: skip
