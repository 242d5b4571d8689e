"""A draft with its reader, organisation and facts as rows, through QC's node, judged by the flags on its row.

Of the labelled drafts it takes the first mails; what an earlier touch, another sender or other drafts of a batch would
be needed for is measured on files alone (`outreach qc measure`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.registry import AGENTS
from db.enums import FactField
from db.models import (
    Account,
    Contact,
    ExternalId,
    MessageDraft,
    OutreachSequence,
    Prospect,
    ResearchFact,
    ResearchSnapshot,
)
from db.suppressions import do_not_contact, suppress_address
from evals.qc_rules import TODAY
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import PERSON, World
from playbooks import load_playbook
from tools.drafting.drafts import store_version, with_footer
from tools.normalise.names import person_name
from tools.qc import RULES
from tools.qc.naming import names_of, venues_in
from tools.qc.schema import DraftGiven

_ELSEWHERE = {
    *("earlier_touches", "sender", "to", "other_drafts", "has_replied", "already_sent", "touch_sent", "called"),
    *("batch", "claims", "author", "today"),
}
_JUDGE = "judge"
_BLOCKS = {rule.id for rule in RULES if rule.severity == "block"}


class Input(Part):
    """A draft as `outreach qc check` takes it (docs/qc.md), and the day that it is judged on."""

    draft: dict[str, Any]
    today: date = TODAY


class Expected(Part):
    """The ids of the rules that must find something (`outreach qc rules`); none of the others may."""

    rules: list[str]


def reads(row: dict[str, Any]) -> dict[str, Any] | None:
    """A line of evals/data/qc as a case; None where rows of a first mail cannot say it."""
    if "input" in row:
        return row
    person = row["recipient"]
    if _ELSEWHERE & set(row) or row["touch"] != 1 or row["channel"] != "email" or "others_in_contact" in person:
        return None
    draft = {key: value for key, value in row.items() if key not in ("id", "expect")}
    tags = [row["playbook"], "clean" if not row["expect"] else "planted", *row["expect"]]
    return {
        "id": row["id"],
        "input": {"draft": draft},
        "expected": {"rules": row["expect"]},
        "tags": tags,
        "source": "evals/data/qc",
    }


async def run(world: World, given: Input) -> None:
    """Writes the rows, then has QC check the draft on its day."""
    world.now = datetime.combine(given.today, time(12), UTC)
    state = await world.write(lambda session: _rows(session, DraftGiven.model_validate(given.draft)))
    await world.step(AGENTS["qc"], state)


def _rows(session: Session, given: DraftGiven) -> dict[str, Any]:
    person, book = given.recipient, load_playbook(given.playbook or "")
    name = person.organisation or "Unnamed"
    account = Account(name=name)
    venue = person.venue or next(iter(venues_in(f"{f.sentence}\n{f.quote}" for f in given.facts)), None)
    kind = "company" if given.playbook == "qa-software" else "college_d3"
    prospect = Prospect(
        account=account, name=name, playbook=book.name, venue_type=kind, state="OH", stadium_name=venue, tier="A2"
    )
    first, last = person.first_name, person.last_name
    if not first and not last:
        first, last = person_name(person.name)
    contact = Contact(
        account=account,
        prospect=prospect,
        first_name=first,
        last_name=last,
        title=person.title or None,
        email=person.email or None,
        email_verified=given.email_verified if person.email_verified is None else person.email_verified,
        status="bounced" if person.bounced or person.status == "bounced" else "active",
    )
    session.add_all([account, prospect, contact])
    session.flush()
    aliases = ", ".join([*person.organisation_names, *names_of(name)])
    session.add(
        ExternalId(
            table_name="accounts",
            record_id=account.id,
            source="list",
            external_id="1",
            payload={"Aliases": aliases},
        )
    )
    _facts(session, given, account.id)
    sequence = OutreachSequence(
        prospect_id=prospect.id, contact_id=contact.id, template_id=f"{book.name}:A2", tier="A2", total_steps=3
    )
    session.add(sequence)
    session.flush()
    draft = MessageDraft(
        contact_id=contact.id, sequence_id=sequence.id, channel="email", touch_number=1, touch_type="email", body=""
    )
    store_version(
        session,
        draft=draft,
        version=1,
        subject=given.subject,
        body=with_footer(given.body, book.sender, "email"),
        author=PERSON,
        reason="human_edit",
        note=None,
        claims=[],
    )
    if person.suppressed or given.suppressed or person.status in ("suppressed", "unsubscribed"):
        suppress_address(session, person.email or "", reason="a test", source="eval")
    if person.do_not_contact or given.do_not_contact or person.status in ("do_not_contact", "opted_out"):
        do_not_contact(session, contact, "a test")
    session.flush()
    return {
        "playbook": book.name,
        "prospect_id": prospect.id,
        "contact_id": contact.id,
        "draft_id": draft.id,
        "revision": 0,
    }


def _facts(session: Session, given: DraftGiven, account_id: str) -> None:
    if not given.facts:
        return
    snapshot = ResearchSnapshot(account_id=account_id, entity_type="company")
    session.add(snapshot)
    session.flush()
    fields = {field.value for field in FactField}
    for number, fact in enumerate(given.facts):
        session.add(
            ResearchFact(
                snapshot_id=snapshot.id,
                account_id=account_id,
                field=fact.field if fact.field in fields else FactField.FACILITY.value,
                sentence=fact.sentence or fact.quote,
                quote=fact.quote or fact.sentence,
                observed_on=fact.observed_on,
                confidence=4,
                fact_key=f"{account_id}:{number}",
            )
        )
    session.flush()


async def state(world: World, given: Input) -> dict[str, Any]:  # noqa: ARG001
    """Whether the draft passed, and which rules found something."""

    def read(session: Session) -> dict[str, Any]:
        draft = session.scalars(select(MessageDraft)).one()
        flags = draft.qc_flags or []
        return {
            "qc_passed": draft.qc_passed,
            "rules": sorted({flag["rule"] for flag in flags}),
            "said": [f"{flag['rule']} ({flag['severity']}): {flag['text']!r} {flag['message']}" for flag in flags],
        }

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Rule by rule, and whether it may leave."""
    wanted, found = set(expected.rules), set(got["rules"]) - {_JUDGE}
    must_stop = bool(wanted & _BLOCKS)
    wrong = [f"{rule} finds nothing" for rule in sorted(wanted - found)]
    wrong += [f"{rule} finds what is not there" for rule in sorted(found - wanted)]
    if bool(got["qc_passed"]) == must_stop:
        wrong.append("it passes" if must_stop else "it is stopped")
    marks: dict[str, Mark] = {"stopped" if must_stop else "let_pass": bool(got["qc_passed"]) != must_stop}
    if wanted:
        marks["found"] = (float(len(wanted & found)), float(len(wanted)))
    if found:
        marks["right"] = (float(len(wanted & found)), float(len(found)))
    return Judgement(marks, tuple(wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge, reads=reads)
