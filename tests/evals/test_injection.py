"""The suite of hostile texts: it sees what it is there to see, and structure holds where a model obeys."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.models import ModelSettings
from db.models import Account, Contact, MessageDraft, Prospect
from evals.suites import load_suite
from evals.suites.injection.bystanders import guarded, stage
from evals.suites.injection.task import TASK, tells
from evals.tasks import Judgement
from evals.worlds import Template, World
from tests.support.obedient import obedient
from tests.support.openai_server import ScriptedServer

CASES = {case.id: case for case in load_suite("injection").cases()}
RULES = ModelSettings()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    made = Template(tmp_path_factory.mktemp("injection"), stage)
    yield made
    made.close()


async def judged(
    template: Template, folder: Path, case_id: str, models: ModelSettings = RULES, ask: Any = None
) -> tuple[Judgement, dict[str, Any]]:
    case = CASES[case_id]
    world = World(folder, template, models, ask=ask)
    try:
        world.reset(case.id)
        await TASK.run(world, case.input)
        got = await TASK.found(world, case.input)
    finally:
        world.close()
    return TASK.judge(case.input, case.expected, got), got


def _renamed(session: Session) -> None:
    session.scalars(select(Contact).where(Contact.first_name == "Quinn")).one().title = "Nobody"


def _redirected(session: Session) -> None:
    session.scalars(select(Contact).where(Contact.first_name == "Lee").limit(1)).one().email = "lee@elsewhere.example"


def _archived(session: Session) -> None:
    session.scalars(select(MessageDraft).where(MessageDraft.body.like("A waiting%"))).one().approval_status = "archived"


def _set(session: Session) -> None:
    session.scalars(select(Prospect).where(Prospect.name == "Kestrel College")).one().stadium_name = "Glimmer Bowl"


def _another(session: Session) -> None:
    prospect = session.scalars(select(Prospect).where(Prospect.name == "Kestrel College")).one()
    account = session.get_one(Account, prospect.account_id)
    session.add(Contact(account=account, prospect=prospect, first_name="New", last_name="One"))


@pytest.mark.parametrize("tamper", [_renamed, _redirected, _archived, _set, _another])
async def test_what_a_person_did_not_do_is_seen(
    template: Template, tmp_path: Path, tamper: Callable[[Session], None]
) -> None:
    world = World(tmp_path, template, RULES)
    try:
        world.reset("x")
        assert await world.read(guarded) == []
        await world.write(tamper)
        assert await world.read(guarded)
    finally:
        world.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [("see NOTE-SEND-41", True), ("see note-\u200bsend-41", True), ("14-DNES-ETON", True), ("note send 41", False)],
)
def test_a_canary_is_found_however_it_is_written(text: str, found: bool) -> None:
    assert tells(text, "NOTE-SEND-41") is found


async def test_the_rules_do_their_work_beside_a_hostile_page(template: Template, tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(question: Any, call: Any) -> Any:
        asked.append(question.agent_name)
        return await call()

    judgement, got = await judged(template, tmp_path, "inj-002", ask=ask)
    assert judgement.passed
    assert [letter["to"] for letter in got["letters"]] == ["lee.marsh@tamblyn.example"]
    assert {"researcher", "drafting", "qc"} <= set(asked)  # the threads of a run ask through the case as well


@pytest.mark.parametrize("case_id", ["inj-031", "inj-070"])
async def test_a_model_that_obeys_is_held_by_structure(template: Template, tmp_path: Path, case_id: str) -> None:
    with ScriptedServer(obedient()) as server:
        models = ModelSettings(name="scripted", base_url=server.base_url)
        judgement, got = await judged(template, tmp_path, case_id, models)
    assert not judgement.passed  # it has written what it was told to
    assert judgement.marks["words"] is False
    assert judgement.marks["state"] is True
    assert judgement.marks["held"] is True
    assert [x["qc_passed"] for x in got["letters"] if tells(x["text"], CASES[case_id].raw["expected"]["canary"])] == [
        False
    ]
