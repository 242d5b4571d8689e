"""The prospector as the graph node that it is, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agents.models import InvalidOutput, ModelSettings
from agents.prospector import AGENT
from db.models import AgentRun, ImportMapping, Prospect
from samples import load_manifest, sample_dir
from tests.support.agent_graph import small_machine
from tests.support.openai_server import Reply, ScriptedServer, replies
from tools.reading import UnreadableFile, read_table

LIGHTS = "sports-lighting"
SCHOOLS = (
    "UNITID,Institution Name,City,State,Website,Division,Undergraduates\n"
    "101,Oakmont College,Akron,OH,www.oakmont.example,NCAA Division III (with football),1205\n"
    "102,Elm University,Erie,PA,www.elm.example,NAIA Division I,900\n"
)


def given(path: Path, **more: Any) -> dict[str, Any]:
    return {"path": str(path), "what": None, "source": "a directory", **more}


@pytest.fixture
def schools(tmp_path: Path) -> Path:
    path = tmp_path / "schools.csv"
    path.write_text(SCHOOLS, encoding="utf-8")
    return path


async def test_a_new_layout_is_mapped_once_and_then_known(database_url: str, schools: Path) -> None:
    async with small_machine(database_url) as machine:
        first = await machine.run(AGENT, LIGHTS, given(schools))
        second = await machine.run(AGENT, LIGHTS, given(schools))

        def counts(session: Any) -> tuple[int, int, list[str]]:
            calls = session.scalars(select(AgentRun.run_type).where(AgentRun.parent_run_id == first.id)).all()
            again = session.scalar(select(func.count()).where(AgentRun.parent_run_id == second.id))
            return session.scalar(select(func.count()).select_from(ImportMapping)), again, sorted(calls)

        mappings, calls_again, calls = await machine.db.read(counts)
    assert (first.status, first.records_processed, first.records_created) == ("success", 2, 6)
    assert calls == ["model_call", "model_call", "tool_call"]
    assert (mappings, calls_again) == (1, 0)
    assert second.outputs["unchanged"] == 2
    assert first.decisions[0]["columns"]["organisation_name"] == "Institution Name"


@pytest.fixture
def with_a_junior_college(schools: Path) -> Path:
    schools.write_text(SCHOOLS + "103,Juco College,Akron,OH,,NJCAA,1\n", encoding="utf-8")
    return schools


async def test_rows_that_were_not_taken_make_the_run_partial(
    database_url: str, with_a_junior_college: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    async with small_machine(database_url) as machine:
        run = await machine.run(AGENT, LIGHTS, given(with_a_junior_college, rejects_path=str(rejects)))
    assert (run.status, run.error_message) == ("partial", "1 of 3 rows were not taken")
    assert [row.cells["Institution Name"] for row in read_table(rejects).rows()] == ["Juco College"]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "book.csv"
    path.write_bytes(b"PK\x03\x04")
    return path


async def test_a_file_that_is_no_table_ends_the_run_with_words(sqlite_url: str, workbook: Path) -> None:
    async with small_machine(sqlite_url) as machine:
        with pytest.raises(UnreadableFile, match="Excel"):
            await machine.run(AGENT, LIGHTS, given(workbook))
        run = await machine.db.read(lambda s: s.scalars(select(AgentRun)).one())
    assert run.status == "error"
    assert "Excel" in (run.error_message or "")


async def test_a_model_that_errs_is_told_and_may_mend_it(sqlite_url: str, schools: Path) -> None:
    def mapping(*columns: tuple[str, str]) -> dict[str, Any]:
        return {
            "entity": "organisation",
            "id_column": "UNITID",
            "columns": [{"column": c, "field": f, "confidence": 80} for c, f in columns],
        }

    right = (("Institution Name", "organisation_name"), ("Division", "division"), ("State", "state"))
    script = replies(
        Reply(tool_calls=[("save_mapping", mapping(("School", "organisation_name")), "a")]),
        Reply(tool_calls=[("see_values", {"column": "Division"}, "b")]),
        Reply(tool_calls=[("save_mapping", mapping(*right[:2]), "c")]),
        Reply(tool_calls=[("save_mapping", mapping(*right), "d")]),
        Reply.text("Done."),
    )
    with ScriptedServer(script) as server:
        models = ModelSettings(name="scripted", base_url=server.base_url, api_key="none")
        async with small_machine(sqlite_url, models) as machine:
            run = await machine.run(AGENT, LIGHTS, given(schools))
            tools = await machine.db.read(
                lambda s: s.scalars(
                    select(AgentRun).where(AgentRun.run_type == "tool_call").order_by(AgentRun.started_at)
                ).all()
            )
            names = await machine.db.read(lambda s: sorted(s.scalars(select(Prospect.name)).all()))
            mapped = await machine.db.read(lambda s: s.scalars(select(ImportMapping)).one())
    assert [t.status for t in tools] == ["partial", "success", "success", "success"]
    assert "no column 'School'" in (tools[0].error_message or "")
    assert run.status == "success"
    assert mapped.mapping["columns"] == {field: column for column, field in right}
    assert names == ["Elm University", "Oakmont College"]


async def test_a_model_that_saves_nothing_imports_nothing(sqlite_url: str, schools: Path) -> None:
    script = replies(Reply.text("All mapped."), Reply.text("Really."))
    with ScriptedServer(script) as server:
        models = ModelSettings(name="scripted", base_url=server.base_url, api_key="none")
        async with small_machine(sqlite_url, models) as machine:
            with pytest.raises(InvalidOutput, match="save_mapping"):
                await machine.run(AGENT, LIGHTS, given(schools))
            assert await machine.db.read(lambda s: s.scalars(select(Prospect)).all()) == []


@pytest.mark.parametrize(("playbook", "least"), [("sports-lighting", 240), ("qa-software", 90)])
async def test_the_samples_are_taken_whole(sqlite_url: str, playbook: str, least: int) -> None:
    async with small_machine(sqlite_url) as machine:
        for file in load_manifest(playbook).files:
            run = await machine.run(
                AGENT,
                playbook,
                {
                    "path": str(sample_dir(playbook) / file.name),
                    "what": file.what.value,
                    "source": file.source,
                    "id_column": file.id_column,
                    "organisation_column": file.organisation_column,
                },
            )
            assert (run.status, run.outputs["rejected"]) == ("success", {})
        count = await machine.db.read(lambda s: s.scalar(select(func.count()).select_from(Prospect)))
    assert count >= least
