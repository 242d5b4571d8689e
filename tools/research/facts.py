"""Tools of the researcher: read a document, keep a fact with the quote it rests on, say what follows from facts."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import ToolException
from pydantic import BaseModel, Field
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from db.enums import FactField
from db.models import Contact, Prospect, ResearchFact
from tools.context import Source, ToolContext
from tools.qc import support
from tools.web.facts import About, confidence_of
from tools.wording import numbers_in, spelled_out

LONGEST_SENTENCE = 300
SHORTEST_QUOTE = 3
LEAST_SHARE = 1 / 3


def fact_key(account_id: str, field: str, sentence: str) -> str:
    """The business key of a fact: the same sentence about the same organisation is kept once."""
    return hashlib.sha256("\x1f".join((account_id, field, sentence)).encode()).hexdigest()


async def _source(context: ToolContext, number: int) -> Source:
    for source in context.sources:
        if source.number == number:
            return source
    if context.pages is not None and (page := await context.pages.source(number)) is not None:
        return page
    known = ", ".join(str(s.number) for s in context.sources) or "none"
    raise ToolException(f"There is no source {number}. The sources are: {known}, and the pages that you read.")


@tool
async def read_source(number: int, runtime: ToolRuntime[ToolContext, Any]) -> str:
    """Read one of the listed sources in full.

    Args:
        number: the source's number in the list you were given.
    """
    source = await _source(runtime.context, number)
    return f"Source {source.number}: {source.title}\n{source.text}"


@tool
async def read_page(number: int, runtime: ToolRuntime[ToolContext, Any]) -> str:
    """Read a web page of those on offer. It becomes a source; what it links to is then on offer as well.

    Args:
        number: the page's number in the list of pages (not a source's number).
    """
    pages = runtime.context.pages
    if pages is None:
        raise ToolException("No page is on offer. Work from the sources.")
    answer = await pages.read(number)
    if answer is None:
        raise ToolException(f"There is no page {number} on offer, or no more pages may be read.")
    return json.dumps(answer, ensure_ascii=False)


class GivenFact(BaseModel):
    """One fact about the organisation, with the words that it rests on."""

    source: int = Field(description="Number of the source that you read it in.")
    field: FactField = Field(
        description="What kind of fact it is: 'facility' for stadiums and fields, 'hiring_signals' for open positions, "
        "'company_metrics' for sizes and numbers, 'company_products' for what they make."
    )
    sentence: str = Field(
        description="The fact as one plain sentence that could stand in a letter. Only numbers that are in the quote."
    )
    quote: str = Field(description="The words of the source, copied exactly, line breaks included.")


@tool
async def save_facts(facts: list[GivenFact], runtime: ToolRuntime[ToolContext, Any]) -> str:
    """Keep facts about the organisation. One is refused unless its quote stands in its source letter for letter.

    Args:
        facts: the facts to keep, all at once.
    """
    context = runtime.context
    answers: dict[int, str] = {}
    rows: dict[int, ResearchFact] = {}
    for number, given in enumerate(facts, start=1):
        try:
            rows[number] = _checked(context, given, await _source(context, given.source))
        except ToolException as exc:
            answers[number] = f"refused. {exc}"
    if rows:
        said = await context.db.write(partial(_keep, facts=list(rows.values()), contact_id=context.contact_id))
        answers |= zip(rows, said, strict=True)
    told = "\n".join(f"{number}: {answers[number]}" for number in sorted(answers))
    if not rows:
        raise ToolException(told or "There was no fact in the call. Where the sources hold none, call save_hypothesis.")
    return told


def _checked(context: ToolContext, given: GivenFact, document: Source) -> ResearchFact:
    """The fact as a row. Raises ToolException, for the model to read, where it does not rest on its source."""
    sentence, quote = " ".join(given.sentence.split()), given.quote.strip()
    if quote not in document.text:
        quote = quote.replace("\\n", "\n")  # a model may escape a line break once too often
    if len(quote) < SHORTEST_QUOTE or quote not in document.text:
        raise ToolException(_misquoted(context, quote, given.source))
    if not sentence or len(sentence) > LONGEST_SENTENCE:
        raise ToolException(f"The sentence must have between 1 and {LONGEST_SENTENCE} characters.")
    if extra := numbers_in(sentence) - numbers_in(quote):
        raise ToolException(f"These numbers are not in the quote: {', '.join(sorted(extra))}.")
    # A record is the organisation's own, which it need not name; a page may be about another.
    names = () if document.page else context.names
    if problem := _beyond(sentence, quote, document, names):
        raise ToolException(problem)
    if context.account_id is None or context.snapshot_id is None:
        raise RuntimeError("research without an organisation")
    return ResearchFact(
        snapshot_id=context.snapshot_id,
        account_id=context.account_id,
        prospect_id=context.prospect_id,
        field=given.field.value,
        sentence=sentence,
        quote=quote,
        source_url=document.url,
        source_title=document.title,
        external_id_ref=document.external_id_ref,
        observed_on=date.fromisoformat(document.observed_on) if document.observed_on else None,
        confidence=_confidence(given.field.value, sentence, quote, document),
        fact_key=fact_key(context.account_id, given.field.value, sentence),
        agent_run_id=context.run_id,
    )


def _confidence(field: str, sentence: str, quote: str, document: Source) -> int:
    """From 1 to 5: of a page by the rule of `tools.web.facts`; 5 of one record, 4 of several together."""
    page = document.page
    if page is None:
        return 5 if document.external_id_ref else 4
    for known in page.stated:
        if (known.field, known.sentence, known.quote) == (field, sentence, quote):
            return known.confidence
    about = About(page.names, page.own_site)
    return confidence_of(field, quote, about, published=page.published, today=datetime.now(UTC).date())


def _misquoted(context: ToolContext, quote: str, number: int) -> str:
    if len(quote) >= SHORTEST_QUOTE:
        for other in context.sources:
            if quote in other.text:
                return f"The quote stands in source {other.number}, not in source {number}. Say that number."
    return f"The quote does not stand in source {number} letter for letter. Copy it exactly."


def _beyond(sentence: str, quote: str, document: Source, known: Sequence[str]) -> str | None:
    """What a sentence says beyond its quote. Letters will rest on it, so it is held to what they are held to. `known`
    are names that it may use though the source does not."""
    whole = spelled_out("\n".join((document.title, document.text, *known)))
    named = support.words(whole)
    names = support.names_in(sentence)
    if strange := {name for name in names if not support.words(name) <= named}:
        return f"The source does not name {', '.join(sorted(strange))}."
    if support.denies(sentence) and not support.denies(quote):
        return "The sentence denies something, and the quote does not."
    if praise := support.praises(sentence) - support.praises(quote):
        return f"These words praise or rank, and the quote does not: {', '.join(sorted(praise))}."
    if counted := support.counts(sentence) - support.counts(quote) - {name.lower() for name in names}:
        return f"These counts are not in the quote: {', '.join(sorted(counted))}."
    said = support.words(sentence) - support.words(" ".join(names))
    if support.share(support.vocabulary(quote), said) < LEAST_SHARE:
        return "The quote does not say that. Keep closer to its words."
    return None


def _keep(session: Session, facts: Sequence[ResearchFact], contact_id: str | None) -> list[str]:
    """Keeps facts, all in one transaction: what became of each."""
    contact = session.get(Contact, contact_id) if contact_id else None
    known = {fact.fact_key: fact for fact in session.scalars(_by_key(), {"keys": [fact.fact_key for fact in facts]})}
    said = []
    for fact in facts:
        if contact is not None and contact.full_name and contact.full_name in fact.sentence:
            fact.contact_id = contact.id
        if fact.fact_key not in known:
            session.add(fact)
            known[fact.fact_key] = fact
            said.append("kept.")
        else:
            _found_again(known[fact.fact_key], fact)
            said.append("known already.")
    return said


@cache
def _by_key() -> Select[ResearchFact]:
    return select(ResearchFact).where(ResearchFact.fact_key.in_(bindparam("keys", expanding=True)))


@cache
def _quotes() -> Select[str]:
    return select(ResearchFact.quote).where(ResearchFact.account_id == bindparam("account"))


def _found_again(known: ResearchFact, fact: ResearchFact) -> None:
    """It belongs to the newest snapshot, with the newest source; within one, with the surer."""
    if known.snapshot_id == fact.snapshot_id and known.confidence >= fact.confidence:
        return
    known.confidence, known.contact_id = fact.confidence, fact.contact_id or known.contact_id
    known.snapshot_id, known.quote, known.observed_on = fact.snapshot_id, fact.quote, fact.observed_on
    known.source_url, known.source_title, known.external_id_ref = (
        fact.source_url,
        fact.source_title,
        fact.external_id_ref,
    )


@tool
async def save_hypothesis(
    constraint_hypothesis: str, value_proposition: str, runtime: ToolRuntime[ToolContext, Any]
) -> str:
    """Finish: say what the facts suggest. Leave a field empty if no fact speaks for it. Call this last, once.

    Args:
        constraint_hypothesis: the likely problem, in one or two sentences that only use kept facts; say what is
            not known. Empty if the facts suggest nothing.
        value_proposition: what we could offer here, in one sentence, without promises. Empty if nothing fits.
    """
    context = runtime.context
    texts = {
        "constraint_hypothesis": " ".join(constraint_hypothesis.split()),
        "value_proposition": " ".join(value_proposition.split()),
    }

    def write(session: Session) -> str:
        quotes = session.scalars(_quotes(), {"account": context.account_id}).all()
        allowed = numbers_in(" ".join([*quotes, *(s.text for s in context.playbook.statements)]))
        for name, text in texts.items():
            if extra := numbers_in(text) - allowed:
                raise ToolException(f"{name} has numbers that no kept fact has: {', '.join(sorted(extra))}.")
            if len(text) > 600:
                raise ToolException(f"{name} is longer than 600 characters.")
        prospect = session.get_one(Prospect, context.prospect_id)
        prospect.constraint_hypothesis = texts["constraint_hypothesis"] or None
        prospect.value_proposition = texts["value_proposition"] or None
        return "Kept. You are done."

    return await context.db.write(write)


RESEARCH_TOOLS = (read_source, read_page, save_facts, save_hypothesis)
for _tool in RESEARCH_TOOLS:
    _tool.handle_tool_error = True
