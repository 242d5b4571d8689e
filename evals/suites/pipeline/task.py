"""Small files through everything: import, hygiene, score, research, draft, QC, up to the person who decides; judged by
who has a draft that waits, why the others have none, and whether the record of the run is whole."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Account, AgentRun, Contact, MessageDraft, Prospect, Suppression
from db.suppressions import plain_address, suppress_address, suppressed_among
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World
from playbooks import load_playbook

Fate = Literal["waiting", "suppressed", "no_email", "no_name", "aside", "no_fact", "colleague", "left", "elsewhere"]
"""Why somebody has no draft: the address is suppressed; there is none, or no name to greet by; the organisation's
tier is not written to, or nothing is known that a message could begin with; a colleague has one; the run's limit was
reached; the person belongs to another sales motion."""


class File(Part):
    """A file: its cells as they stand, and how it is written."""

    name: str
    what: Literal["organisations", "facts", "openings", "contacts"] | None = None
    id_column: str | None = None
    organisation_column: str | None = None
    observed_on: date | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    above: list[str] = Field(default=[])
    columns: list[str]
    rows: list[list[str]]


class Elsewhere(Part):
    """Somebody who is in the database already, in another sales motion."""

    playbook: str
    organisation: str
    first_name: str
    last_name: str
    email: str


class Input(Part):
    """What is there before, the files of one run, how many drafts it may write, and how often it is run."""

    playbook: str
    today: date
    files: list[File]
    suppressed: list[str] = Field(default=[])
    elsewhere: list[Elsewhere] = Field(default=[])
    limit: int | None = None
    runs: int = 1


class Expected(Part):
    """What became of each person, by full name, of each of several who share it; how many organisations and people
    there are in the end."""

    people: dict[str, list[Fate]]
    organisations: int
    count: int
    why: str


async def run(world: World, given: Input) -> None:
    """Writes the files and runs the orchestrator over them, as often as it is asked."""
    world.now = datetime.combine(given.today, time(15), UTC)
    await world.write(lambda session: _arrange(session, given))
    async with world.runner() as runner:
        for _ in range(given.runs):
            files = [_described(world, file) for file in given.files]
            await runner.run(given.playbook, files=files, limit=given.limit)


def _arrange(session: Session, given: Input) -> None:
    for value in given.suppressed:
        if "@" in value:
            suppress_address(session, value, reason="asked not to be written to", source="eval")
        else:
            session.add(Suppression(kind="domain", value=value, source="eval"))
    for other in given.elsewhere:
        account = Account(name=other.organisation)
        prospect = Prospect(
            account=account,
            name=other.organisation,
            playbook=other.playbook,
            venue_type="company",
            state="OTHER",
            status="scored",
            tier="A2",
        )
        person = {"first_name": other.first_name, "last_name": other.last_name, "email": other.email}
        session.add(Contact(account=account, prospect=prospect, **person))


def _described(world: World, file: File) -> dict[str, Any]:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=file.delimiter, lineterminator="\n")
    writer.writerows([[line] for line in file.above])
    writer.writerows([file.columns, *file.rows])
    path = world.file(file.name)
    path.write_bytes(text.getvalue().encode(file.encoding))
    told = file.model_dump(mode="json", include={"what", "id_column", "organisation_column", "observed_on"})
    return {"path": str(path), "source": f"{file.name} of the case", **{k: v for k, v in told.items() if v is not None}}


async def state(world: World, given: Input) -> dict[str, Any]:
    """What became of everybody, and what the record of the run says."""

    def read(session: Session) -> dict[str, Any]:
        people = session.scalars(select(Contact).where(Contact.deleted_at.is_(None)).order_by(Contact.full_name)).all()
        drafts = session.scalars(select(MessageDraft)).all()
        suppressed = suppressed_among(session, (person.email for person in people))
        fates: dict[str, list[str]] = {}
        for person in people:
            fates.setdefault(person.full_name, []).append(_fate(person, drafts, suppressed, given))
        barred = {person.id for person in people if person.do_not_contact or plain_address(person.email) in suppressed}
        return {
            "people": {name: sorted(found) for name, found in fates.items()},
            "count": len(people),
            "organisations": session.scalar(
                select(func.count()).select_from(Prospect).where(Prospect.deleted_at.is_(None))
            ),
            "barred_drafts": sum(draft.contact_id in barred for draft in drafts),
            "drafts": len(drafts),
            "gaps": _gaps(session, drafts),
        }

    return await world.read(read)


def _fate(person: Contact, drafts: "list[MessageDraft] | Any", suppressed: set[str], given: Input) -> str:
    mine = [draft for draft in drafts if draft.contact_id == person.id]
    prospect = person.prospect
    if any(draft.qc_passed and draft.approval_status == "draft" for draft in mine):
        return "waiting"
    if mine:
        return "blocked: " + ", ".join(sorted({f["rule"] for f in mine[0].qc_flags or [] if f["severity"] == "block"}))
    if person.do_not_contact or plain_address(person.email) in suppressed:
        return "suppressed"
    if prospect.playbook != given.playbook:
        return "elsewhere"
    if not person.email:
        return "no_email"
    if not person.first_name.strip():
        return "no_name"
    if any(draft.contact.prospect_id == prospect.id for draft in drafts):
        return "colleague"
    if prospect.tier not in load_playbook(given.playbook).draft_tiers:
        return "aside"
    return "no_fact" if prospect.status == "nurture" else "left"


def _gaps(session: Session, drafts: "list[MessageDraft] | Any") -> list[str]:
    """What is missing from the record: a step without an end or a parent, a draft without its steps, a call of a model
    without its costs."""
    rows = session.scalars(select(AgentRun)).all()
    ids = {row.id for row in rows}
    gaps = [
        f"{r.agent_name} {r.run_type} is {r.status}" for r in rows if r.status not in ("success", "partial", "waiting")
    ]
    gaps += [
        f"{r.agent_name} {r.run_type} has no parent" for r in rows if r.parent_run_id and r.parent_run_id not in ids
    ]
    gaps += [
        f"{r.agent_name} {r.run_type} stands alone" for r in rows if r.run_type != "orchestrate" and not r.parent_run_id
    ]
    gaps += [f"{r.agent_name}'s call has no cost" for r in rows if r.run_type == "model_call" and r.cost_usd is None]
    done = {(row.contact_id, row.run_type) for row in rows}
    gaps += [
        f"a draft without its {step}"
        for draft in drafts
        for step in ("research", "draft", "qc", "approval")
        if (draft.contact_id, step) not in done and (step != "approval" or draft.qc_passed)
    ]
    return gaps


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Compares person by person."""
    wrong: list[str] = []
    right = 0
    for name, fates in expected.people.items():
        found = got["people"].get(name, ["absent"])
        if found == sorted(fates):
            right += 1
        else:
            wrong.append(f"{name}: {', '.join(found)}, not {', '.join(fates)}")
    wrong += [
        f"{name} is there: {', '.join(found)}" for name, found in got["people"].items() if name not in expected.people
    ]
    for what, number in (("organisations", expected.organisations), ("count", expected.count)):
        if got[what] != number:
            wrong.append(f"{got[what]} {'people' if what == 'count' else what}, not {number}")
    if got["barred_drafts"]:
        wrong.append(f"{got['barred_drafts']} drafts to people who may not be written to")
    wrong += got["gaps"]
    marks: dict[str, Mark] = {
        "people": (float(right), float(len(expected.people))),
        "merged": got["organisations"] == expected.organisations and got["count"] == expected.count,
        "barred": not got["barred_drafts"],
        "record": not got["gaps"],
    }
    return Judgement(marks, tuple(wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge)
