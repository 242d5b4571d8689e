"""A fact is kept only where its source says it. All schools are invented."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from langchain.tools import ToolRuntime
from langchain_core.tools import ToolException
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.enums import FactField
from db.models import Prospect, ResearchFact, ResearchSnapshot
from playbooks import load_playbook
from tests.support.rows import make_prospect
from tools.context import PageNotes, Source, ToolContext
from tools.research.facts import LONGEST_SENTENCE, GivenFact, fact_key, read_source, save_facts, save_hypothesis

TEXT = "School: Harbor State\nStadium: Lakeside Field\nCapacity: 25319\nYear Built: 1969\nJob: Sr QA Engineer"


class Library:
    """A school with one document, and the tools called as an agent calls them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with acting_as("user:kim"):
            self.prospect = db.write_sync(lambda s: make_prospect(s, name="Harbor State University"))
        self.snapshot()

    def snapshot(self) -> None:
        def add(session: Session) -> str:
            row = ResearchSnapshot(account_id=self.prospect.account_id, entity_type="company")
            session.add(row)
            session.flush()
            return row.id

        with acting_as("user:kim"):
            snapshot_id = self.db.write_sync(add)
        self.context = ToolContext(
            db=self.db,
            playbook=load_playbook("sports-lighting"),
            run_id="",
            account_id=self.prospect.account_id,
            prospect_id=self.prospect.id,
            snapshot_id=snapshot_id,
            sources=(Source(1, "Register", TEXT, url="https://register.example", observed_on="2026-01-02"),),
            names=("Harbor State University-Main Campus",),
        )
        object.__setattr__(self.context, "run_id", None)  # no run: its row is another test's matter

    async def call(self, tool: Any, **arguments: Any) -> str:
        with acting_as("user:kim"):
            return str(await tool.coroutine(runtime=SimpleNamespace(context=self.context), **arguments))

    async def save(self, *facts: tuple[str, str], field: str = "facility", source: int = 1) -> str:
        given = [GivenFact(source=source, field=FactField(field), sentence=s, quote=q) for s, q in facts]
        return await self.call(save_facts, facts=given)

    def facts(self) -> list[ResearchFact]:
        return self.db.read_sync(lambda s: list(s.scalars(select(ResearchFact))))


@pytest.fixture
def library(database_url: str) -> Any:
    with Database(database_url) as db:
        yield Library(db)


BUILT = ("Lakeside Field was built in 1969.", "Year Built: 1969")


@pytest.mark.parametrize(
    ("sentence", "quote", "says"),
    [
        ("Lakeside Field was built in 1969.", "Built in 1969", "letter for letter"),
        ("Lakeside Field was built in 1969.", "year built: 1969", "letter for letter"),
        ("Lakeside Field was built in 1969.", "Stadium: Lakeside Field Capacity: 25319", "letter for letter"),
        ("Lakeside Field was built in 1969.", "", "letter for letter"),
        ("Lakeside Field was built in 1969.", "19", "letter for letter"),
        ("", "Year Built: 1969", "between 1 and"),
        ("x" * (LONGEST_SENTENCE + 1), "Year Built: 1969", "between 1 and"),
        ("Lakeside Field was built in 1968.", "Year Built: 1969", "1968"),
        ("Lakeside Field seats 25,320.", "Capacity: 25319", "25320"),
        ("Ridgemont Park was built in 1969.", "Year Built: 1969", "does not name Park, Ridgemont"),
        ("Lakeside Field was never built.", "Year Built: 1969", "denies"),
        ("Lakeside Field is the finest venue, built in 1969.", "Year Built: 1969", "finest"),
        ("Lakeside Field has two stands, built in 1969.", "Year Built: 1969", "two"),
        ("Lakeside Field has failing lamps.", "Stadium: Lakeside Field", "does not say that"),
    ],
)
async def test_a_fact_that_its_source_does_not_say_is_refused(
    library: Library, sentence: str, quote: str, says: str
) -> None:
    with pytest.raises(ToolException, match=says):
        await library.save((sentence, quote))
    assert library.facts() == []


async def test_a_record_need_not_name_the_organisation_whose_it_is(library: Library) -> None:
    said = "Harbor State University-Main Campus has a stadium, Lakeside Field."
    assert await library.save((said, "School: Harbor State\nStadium: Lakeside Field")) == "1: kept."


async def test_a_page_must_name_whom_a_fact_is_about(library: Library) -> None:
    page = PageNotes(names=library.context.names, own_site=True)
    (record,) = library.context.sources
    object.__setattr__(library.context, "sources", (replace(record, page=page),))
    with pytest.raises(ToolException, match="does not name"):
        await library.save(("Harbor State University-Main Campus has a stadium.", "Stadium: Lakeside Field"))


async def test_a_quote_from_another_source_is_sent_there(library: Library) -> None:
    (record,) = library.context.sources
    object.__setattr__(library.context, "sources", (record, Source(2, "List", "Founded: 1901")))
    with pytest.raises(ToolException, match="stands in source 1, not in source 2"):
        await library.save(BUILT, source=2)


async def test_a_line_break_that_was_escaped_twice_is_one(library: Library) -> None:
    await library.save(("Lakeside Field seats 25,319.", r"Stadium: Lakeside Field\nCapacity: 25319"))
    (fact,) = library.facts()
    assert fact.quote == "Stadium: Lakeside Field\nCapacity: 25319"


async def test_an_unknown_source_is_refused_with_those_that_exist(library: Library) -> None:
    for number in (0, 2, -1):
        with pytest.raises(ToolException, match=f"no source {number}. The sources are: 1"):
            await library.save(BUILT, source=number)
        with pytest.raises(ToolException, match=f"no source {number}"):
            await library.call(read_source, number=number)
    assert TEXT in await library.call(read_source, number=1)


async def test_an_empty_call_is_refused(library: Library) -> None:
    with pytest.raises(ToolException, match="no fact in the call"):
        await library.save()


async def test_good_facts_are_kept_beside_bad_ones(library: Library) -> None:
    answer = await library.save(BUILT, ("Lakeside Field seats 9.", "Capacity: 25319"))
    assert answer.splitlines() == ["1: kept.", "2: refused. These numbers are not in the quote: 9."]
    (fact,) = library.facts()
    assert (fact.sentence, fact.quote) == BUILT
    assert (fact.source_url, str(fact.observed_on), fact.confidence) == ("https://register.example", "2026-01-02", 4)
    assert fact.fact_key == fact_key(fact.account_id, "facility", fact.sentence)


async def test_white_space_and_separators_do_not_matter_and_short_forms_are_known(library: Library) -> None:
    await library.save((" Lakeside  Field\nseats 25,319. ", "Capacity: 25319"))
    await library.save(("The opening is for a Senior QA Engineer.", "Job: Sr QA Engineer"), field="hiring_signals")
    assert {f.sentence for f in library.facts()} == {
        "Lakeside Field seats 25,319.",
        "The opening is for a Senior QA Engineer.",
    }


async def test_a_fact_is_kept_once_and_moves_to_the_newest_snapshot(library: Library) -> None:
    assert await library.save(BUILT, BUILT) == "1: kept.\n2: known already."
    assert await library.save(BUILT) == "1: known already."
    first = library.facts()[0]
    library.snapshot()
    longer = "Capacity: 25319\nYear Built: 1969"
    assert await library.save((BUILT[0], longer)) == "1: known already."
    (second,) = library.facts()
    assert second.id == first.id
    assert second.snapshot_id == library.context.snapshot_id != first.snapshot_id
    assert second.quote == longer
    # In another field, or of another school, the same sentence is another fact.
    await library.save(BUILT, field="company_news")
    assert len(library.facts()) == 2


@pytest.mark.parametrize(
    ("hypothesis", "value", "says"),
    [
        ("Lights from 1984.", "", "constraint_hypothesis has numbers that no kept fact has: 1984"),
        ("", "Saves 40%.", "value_proposition has numbers that no kept fact has: 40"),
        ("a" * 601, "", "constraint_hypothesis is longer than 600"),
    ],
)
async def test_a_hypothesis_beyond_the_facts_is_refused(
    library: Library, hypothesis: str, value: str, says: str
) -> None:
    await library.save(BUILT)
    with pytest.raises(ToolException, match=says):
        await library.call(save_hypothesis, constraint_hypothesis=hypothesis, value_proposition=value)


async def test_a_hypothesis_is_kept_and_an_empty_one_is_none(library: Library) -> None:
    await library.save(BUILT)

    def kept(session: Session) -> tuple[str | None, str | None]:
        prospect = session.get_one(Prospect, library.prospect.id)
        return prospect.constraint_hypothesis, prospect.value_proposition

    await library.call(save_hypothesis, constraint_hypothesis=" Built\nin 1969. ", value_proposition="A study.")
    assert library.db.read_sync(kept) == ("Built in 1969.", "A study.")
    await library.call(save_hypothesis, constraint_hypothesis="", value_proposition=" ")
    assert library.db.read_sync(kept) == (None, None)


async def test_the_facts_of_one_call_are_one_write(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    writes, write = [], library.db.write

    async def counted(work: Any) -> Any:
        writes.append(work)
        return await write(work)

    monkeypatch.setattr(library.db, "write", counted)
    seats = ("Lakeside Field seats 25,319.", "Capacity: 25319")
    assert await library.save(BUILT, seats, BUILT) == "1: kept.\n2: kept.\n3: known already."
    assert (len(writes), len(library.facts())) == (1, 2)


def test_a_tools_context_is_taken_as_it_is(library: Library) -> None:
    runtime = ToolRuntime(
        state={}, context=library.context, config={}, stream_writer=print, tool_call_id="1", store=None
    )  # fmt: skip
    schema = read_source.get_input_schema()
    held = schema.model_validate({"number": 1, "runtime": runtime})
    assert held.runtime.context is library.context  # type: ignore[attr-defined]
    assert held.model_dump()["runtime"]["context"] is None
