"""A page that was kept for an organisation, through the researcher's node, judged by the facts that it keeps."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.registry import AGENTS
from agents.researcher import names_of
from db.models import Account, Contact, ExternalId, Prospect, ResearchFact
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World
from tools.research.sources import WEB
from tools.web.facts import About
from tools.web.outcome import PageRefused
from tools.web.picker import host_of
from tools.web.reader import read_here
from tools.web.research_sources import store_page
from tools.web.sites import site_of

_ENOUGH = 0.8
"""The share of the shorter quote's words that two quotes must have in common to be of one passage."""


class Organisation(Part):
    """Whom the page is read for."""

    name: str
    domain: str
    city: str | None = None
    state: str = "OTHER"


class Input(Part):
    """A page as it was fetched. `kind` is for the reader; the day of `fetched` is taken for today."""

    organisation: Organisation
    playbook: str
    kind: str
    url: str
    fetched: date
    format: Literal["html", "text"]
    page: str


class Fact(Part):
    """A fact that a careful reader would keep: its words, whatever their case, and the passage that it rests on."""

    about: str
    must_contain: list[str] = Field(min_length=1)
    quote: str


class Expected(Part):
    """What is to be kept, and what must not stand in a fact that is kept. Without `facts` nothing is worth keeping."""

    facts: list[Fact]
    must_not: list[str] = Field(default_factory=list)


async def run(world: World, given: Input) -> None:
    """Keeps the page as a person gives it (`outreach research add --page`), and researches the organisation."""
    about = given.organisation

    def arrive(session: Session) -> dict[str, Any]:
        sells_software = given.playbook == "qa-software"
        school = "college_d3" if re.search(r"College|University", about.name) else "high_school_other"
        prospect = Prospect(
            account=Account(name=about.name, domain=about.domain),
            name=about.name,
            playbook=given.playbook,
            venue_type="company" if sells_software else school,
            state=about.state if about.state in ("OH", "IN", "PA", "KY", "IL") else "OTHER",
            city=about.city,
            status="scored",
            tier="A2",
        )
        contact = Contact(
            account=prospect.account,
            prospect=prospect,
            first_name="Robin",
            last_name="Vance",
            title="QA Director" if sells_software else "Athletic Director",
        )
        session.add_all([prospect, contact])
        session.flush()
        own = site_of(about.domain) == site_of(host_of(given.url))
        kind = "text/html" if given.format == "html" else "text/plain"
        reading = read_here(
            given.page.encode(), About(names_of(prospect), own), url=given.url, content_type=kind, today=given.fetched
        )
        if isinstance(reading, PageRefused):
            raise ValueError(f"the page cannot be read: {reading.detail}")
        store_page(session, prospect.account_id, reading, own_site=own)
        return {"account_id": prospect.account_id, "prospect_id": prospect.id, "contact_id": contact.id}

    ids = await world.write(arrive)
    await world.step(AGENTS["researcher"], {"playbook": given.playbook, "tier": "A2", "touch_number": 1, **ids})


async def state(world: World, given: Input) -> dict[str, Any]:  # noqa: ARG001
    """The facts that are kept, and the page's text as it is kept."""

    def read(session: Session) -> dict[str, Any]:
        payload = session.scalars(select(ExternalId.payload).where(ExternalId.source == WEB)).one()
        facts = session.scalars(select(ResearchFact).order_by(ResearchFact.created_at, ResearchFact.id))
        return {
            "text": (payload or {}).get("text", ""),
            "facts": [{"field": f.field, "sentence": f.sentence, "quote": f.quote} for f in facts],
        }

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Each expected fact, and each fact that is kept."""
    kept = got["facts"]
    lost = [fact for fact in expected.facts if not any(_is(fact, row) for row in kept)]
    wrong = [f"not found: {fact.quote}" for fact in lost]
    marks: dict[str, Mark] = {}
    if expected.facts:
        marks["found"] = (float(len(expected.facts) - len(lost)), float(len(expected.facts)))
        marks["any_found"] = len(lost) < len(expected.facts)
    else:
        marks["quiet"] = not kept
    bad = [(row, words) for row in kept if (words := [w for w in expected.must_not if _folded(w) in _whole(row)])]
    made_up = [row for row in kept if row["quote"] not in got["text"]]
    wrong += [f"kept, and must not be ({', '.join(words)}): {row['sentence']}" for row, words in bad]
    wrong += [f"not in the page: {row['quote']}" for row in made_up]
    if kept:
        marks["clean"] = (float(len(kept) - len(bad)), float(len(kept)))
        marks["verbatim"] = (float(len(kept) - len(made_up)), float(len(kept)))
    return Judgement(marks, tuple(wrong))


def _is(fact: Fact, row: Mapping[str, str]) -> bool:
    """Whether a row keeps a fact: its words are all there, and both rest on one passage."""
    if not all(_folded(words) in _whole(row) for words in fact.must_contain):
        return False
    one, other = (set(re.findall(r"\w+", _folded(quote))) for quote in (fact.quote, row["quote"]))
    return len(one & other) >= _ENOUGH * min(len(one), len(other))


def _whole(row: Mapping[str, str]) -> str:
    return _folded(f"{row['sentence']}\n{row['quote']}")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


TASK = Task(Input, Expected, run=run, found=state, judge=judge)
