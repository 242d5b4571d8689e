"""Research by rule: read every source and the pages that promise most, take the facts that a record's columns hold
and that pages state, say what they suggest.

It decides from the messages alone, as any model does.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from agents.models.rules import call, calls, material_in
from agents.prospector_names import exact
from agents.researcher_pages import FoundFact, next_pages, page_facts, read_pages
from tools.normalise import whole_number
from tools.wording import article, capitalised, spelled_out, spoken_name, spoken_venue, without_brackets

MOST_OPENINGS = 3
# Conferences that are said as they are written. Of the others the record has half a name ('Pioneer', 'Ohio').
_SAID_CONFERENCE = re.compile(r"[A-Z]{2,6}|Big \w+|Conference USA")
_LEADS = re.compile(r"(?:(?:Senior|Associate|Group|Vice|Staff) )*(?:Director|Manager|Head|President|VP|Lead)")

_NEW_LIGHTS = re.compile(r"(?:LED lights were installed|The lights at .+ are LED)\b")
# What a fact leaves open, the facts that say most first.
_OPEN_QUESTIONS = (
    (re.compile(r"^facility: .*\bmetal halide\b"), "Whether they are to be replaced is not on record."),
    (
        re.compile(r"^company_news: .*\blight(?:s|ing)\b"),
        "Whether the work has been given to anybody is not on record.",
    ),
    (re.compile(r"^facility: .* was built in "), "How old its lights are is not on record."),
    (re.compile(r"^facility: (?!.*\b[Ll]ights\b)"), "Neither its age nor that of its lights is on record."),
    (re.compile(r"^hiring_signals: "), "Whether that is growth or catching up is not known."),
    (re.compile(r"^pain_indicators: "), "What was done about it is not known."),
)


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The researcher's next step."""
    material = material_in(messages)
    done = {m.name for m in messages if isinstance(m, ToolMessage)}
    if "save_hypothesis" in done:
        return AIMessage("Research is done.")
    unread = [s["number"] for s in material["sources"] if "text" not in s and "stated" not in s]
    if unread and "read_source" not in done:
        return calls(*(("read_source", {"number": n}) for n in unread))
    pages = read_pages(messages)
    if numbers := next_pages(material, messages, pages):
        return calls(*(("read_page", {"number": n}) for n in numbers))
    stated = {s["number"]: s["stated"] for s in material["sources"] if "stated" in s}
    documents = [(s["number"], s["text"]) for s in material["sources"] if "text" in s]
    documents += [_read(m.text) for m in messages if isinstance(m, ToolMessage) and m.name == "read_source"]
    found = [
        fact
        for number, text in sorted(documents)
        if number not in stated
        for fact in facts_in(number, text, material["organisation"], material.get("openings_wanted"))
    ]
    stated |= {page["source"]: page["stated"] for page in pages if "source" in page}
    found += page_facts(stated, material.get("wanted", []))
    if found and "save_facts" not in done:
        return call("save_facts", facts=[vars(fact) for fact in found])
    hypothesis, value = _suggestion(found, material)
    return call("save_hypothesis", constraint_hypothesis=hypothesis, value_proposition=value)


def _read(answer: str) -> tuple[int, str]:
    """A document as `read_source` returns it: a head line with its number, then its text."""
    head, _, body = answer.partition("\n")
    match = re.match(r"Source (\d+):", head)
    return (int(match[1]), body) if match else (0, "")


def facts_in(number: int, body: str, organisation: str, wanted: str | None) -> list[FoundFact]:
    """The facts of one document, by what kind of record it is; `wanted` is the pattern of titles worth telling."""
    if openings := [(line, record) for line in body.splitlines() if (record := _opening(line))]:
        return _openings(number, openings, organisation, re.compile(wanted, re.IGNORECASE)) if wanted else []
    record = dict(line.split(": ", 1) for line in body.splitlines() if ": " in line)
    if "Stadium" in record:
        return _stadium(number, body, record)
    return [*_college(number, record), *_company(number, record)]


def _block(body: str, first: str, last: str) -> str:
    """The lines of the record from one column to another: a quote that holds both."""
    lines = body.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{first}: "))
    end = next(i for i, line in enumerate(lines) if line.startswith(f"{last}: "))
    return "\n".join(lines[min(start, end) : max(start, end) + 1])


def _stadium(number: int, body: str, record: dict[str, str]) -> list[FoundFact]:
    venue = spoken_venue(record["Stadium"])
    starting = capitalised(venue)
    school = without_brackets(record.get("School", ""))
    facts = []
    if school:
        quote = _block(body, "School", "Stadium")
        facts.append(FoundFact(number, "facility", f"{school} plays its home football at {venue}.", quote))
    if re.fullmatch(r"\d{4}", record.get("Year Built", "")):
        quote = _block(body, "Stadium", "Year Built")
        facts.append(FoundFact(number, "facility", f"{starting} was built in {record['Year Built']}.", quote))
    if seats := whole_number(record.get("Capacity")):
        quote = _block(body, "Stadium", "Capacity")
        facts.append(FoundFact(number, "facility", f"{starting} seats {seats:,}.", quote))
    if "Surface" in record:
        quote = _block(body, "Stadium", "Surface")
        facts.append(FoundFact(number, "facility", f"The surface at {venue} is {record['Surface']}.", quote))
    if school and _SAID_CONFERENCE.fullmatch(conference := record.get("Conference", "")):
        quote = _block(body, "School", "Conference")
        facts.append(FoundFact(number, "company_metrics", f"{school} plays football in the {conference}.", quote))
    return facts


def _college(number: int, record: dict[str, str]) -> list[FoundFact]:
    name = spoken_name(record.get("Institution Name", ""))
    if not name:
        return []
    facts = []
    if division := record.get("Division"):
        sentence = f"{name} competes in {without_brackets(division)}."
        facts.append(FoundFact(number, "company_metrics", sentence, f"Division: {division}"))
    if (students := record.get("Undergraduates", "")) and (count := whole_number(students)):
        sentence = f"{name} has {count:,} undergraduates."
        facts.append(FoundFact(number, "company_metrics", sentence, f"Undergraduates: {students}"))
    return facts


def _company(number: int, record: dict[str, str]) -> list[FoundFact]:
    name = record.get("Company")
    if not name:
        return []
    facts = []
    if (people := record.get("Employees", "")) and (count := whole_number(people)):
        sentence = f"{name} has about {count:,} employees."
        facts.append(FoundFact(number, "company_metrics", sentence, f"Employees: {people}"))
    if business := record.get("Sub-Industry"):
        sentence = f"{name} is listed in the {business} industry."
        facts.append(FoundFact(number, "company_products", sentence, f"Sub-Industry: {business}"))
    return facts


def _opening(line: str) -> dict[str, str]:
    """Title, place and company of an opening's record, whatever its columns are called; empty for any other line."""
    record = dict(part.split(": ", 1) for part in line.split("; ") if ": " in part)
    if len(record) < 2:  # a column of another record: nothing of it is looked up
        return {}
    fields = {
        field: value
        for field in ("opening_title", "opening_location", "organisation_name")
        for column, value in record.items()
        if exact(column, field, "signal")
    }
    return fields if "opening_title" in fields else {}


def _openings(
    number: int, openings: Sequence[tuple[str, dict[str, str]]], organisation: str, wanted: re.Pattern[str]
) -> list[FoundFact]:
    """Open positions that the playbook asks for, one record a line. Others say nothing about what is sold."""
    facts: list[FoundFact] = []
    for line, record in openings:
        title = short_title(record["opening_title"], wanted)
        if not wanted.search(title) or len(facts) == MOST_OPENINGS:
            continue
        place = short_place(record.get("opening_location", ""))
        where = f" in {place}" if place else ""
        company = record.get("organisation_name", organisation)
        sentence = f"{company} has an opening for {article(title)} {title}{where}."
        if sentence not in {fact.sentence for fact in facts}:
            facts.append(FoundFact(number, "hiring_signals", sentence, line))
    return facts


def short_title(title: str, wanted: re.Pattern[str]) -> str:
    """A job title as one says it: without what recruiters hang on to it, unless that has what is wanted.

    Where testing is wanted, 'Sr QA Engineer II - Growth (Contract)' is a Senior QA Engineer, 'Software Engineer — Test'
    a Software Engineer in Test, 'Director, Quality Assurance' a Director of Quality Assurance.
    """
    said = re.sub(r"\s*\([^)]*\)", "", " ".join(title.split()))
    said = spelled_out(re.sub(r"^[A-Z][a-z]+: ", "", said))
    head, *rest = (part.strip() for part in re.split(r"\s+[-–—|]\s+|,\s+|:\s+", said))
    head = re.sub(r"\s+(?:[IV]+|\d+)$", "", head)
    speaks = next((part for part in rest if wanted.search(part)), None)
    if wanted.search(head) or speaks is None:
        return head
    part = re.sub(r"\s+(?:[IV]+|\d+)$", "", speaks)
    if part == "Test":
        return f"{head} in Test"
    return f"{head} of {part}" if _LEADS.fullmatch(head) else f"{head} for {part}"


def short_place(location: str) -> str:
    """The first named place, without codes and remarks about remote work."""
    first = re.split(r"[;|/(]|\s-\s", location.strip())[0].strip().rstrip(",")
    parts = [part.strip() for part in first.split(",") if part.strip()]
    if not parts or re.search(r"remote|hybrid|anywhere|multiple|\d|global|united states|usa", first, re.IGNORECASE):
        return ""
    if not parts[0][:1].isupper() or re.fullmatch(r"[A-Z]{2,3}", parts[0]):
        return ""
    return f"the {parts[0]}" if parts[0].endswith(" Area") else parts[0]


def _suggestion(found: list[FoundFact], material: dict[str, object]) -> tuple[str, str]:
    offers = material.get("offers")
    value = str(offers[0]) if isinstance(offers, list) and offers else ""
    if fact := next((fact for fact in found if _NEW_LIGHTS.match(fact.sentence)), None):
        return f"{fact.sentence} What is left to be wished for is not on record.", ""
    for holds, unknown in _OPEN_QUESTIONS:
        if fact := next((fact for fact in found if holds.search(f"{fact.field}: {fact.sentence}")), None):
            return f"{fact.sentence} {unknown}", value
    return "", ""
