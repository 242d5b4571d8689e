"""Two records of two lists, through the import and the hygiene agent, judged by whether one row is left, two, or two
with a flag that puts them before a person."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.registry import AGENTS
from db.enums import FlagType
from db.models import AgentAuditLog, ExternalId, HygieneFlag, Merge
from evals.suites.imported import agree, bring_in
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World
from playbooks import Playbook, load_playbook
from tools.merging.organisations import JUDGED

_TABLES = {"organisation": "accounts", "person": "contacts"}


class Record(Part):
    """A row of a list. Of an organisation: name, domain, address, city, state, phone, notes; of a person: name, title,
    organisation, email, phone, linkedin, city, notes."""

    name: str
    domain: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    phone: str | None = None
    notes: str | None = None
    title: str | None = None
    organisation: str | None = None
    email: str | None = None
    linkedin: str | None = None
    division: str | None = None


class Input(Part):
    """Two records, each the one row of its list; `a` is imported first."""

    kind: Literal["organisation", "person"]
    playbook: str
    a: Record
    b: Record


class Expected(Part):
    """Whether one record should remain; `reason` is for the reader."""

    same: bool
    reason: str | None = None


def _asking(name: str) -> Playbook:
    """The playbook with the switch set that lets the model decide what code leaves in doubt: what it is worth to set
    it is what the suite is to tell."""
    playbook = load_playbook(name)
    return playbook.model_copy(update={"dedupe": playbook.dedupe.model_copy(update={"model_decides": True})})


async def run(world: World, given: Input) -> None:
    """Imports the one list, then the other, and has hygiene go over both."""
    world.machine.playbook = _asking
    what = "organisations" if given.kind == "organisation" else "contacts"
    for source, record in (("list-a", given.a), ("list-b", given.b)):
        row = record.model_dump()
        if record.linkedin:
            # Pages are known as LinkedIn's by their host; in the file of cases nobody's real page stands.
            row["linkedin"] = record.linkedin.replace("linkedin.example", "www.linkedin.com")
        await bring_in(world, given.playbook, what, source, row)
    await world.step(AGENTS["hygiene"], {"playbook": given.playbook})


async def state(world: World, given: Input) -> dict[str, Any]:
    """What came of the two, and who decided it: the import, hygiene's own comparison, or the model."""
    table = _TABLES[given.kind]

    def read(session: Session) -> dict[str, Any]:
        rows = {
            source: session.scalars(
                select(ExternalId.record_id).where(ExternalId.table_name == table, ExternalId.source == source)
            ).one_or_none()
            for source in ("list-a", "list-b")
        }
        verdicts = [
            str((details or {}).get("verdict"))
            for details in session.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == JUDGED))
        ]
        flagged = session.scalars(
            select(HygieneFlag.message).where(
                HygieneFlag.flag_type == FlagType.DUPLICATE_SUSPECT.value, HygieneFlag.resolved_at.is_(None)
            )
        ).all()
        merged = session.scalars(select(Merge.reason).where(Merge.table_name == table)).all()
        asked = verdicts[0] if verdicts and given.kind == "organisation" else None
        if None in rows.values():
            outcome, by = "not taken", "import"
        elif rows["list-a"] == rows["list-b"]:
            outcome, by = "merged", "model" if asked == "same" else "hygiene" if merged else "import"
        elif flagged:
            outcome, by = "flagged", "model" if asked else "hygiene"
        else:
            outcome, by = "apart", "model" if asked else "hygiene"
        return {"outcome": outcome, "by": by, "verdict": asked, "why": [*merged, *flagged]}

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """A pair that is left to a person is not decided, which is no mistake and no success."""
    outcome, same = got["outcome"], expected.same
    merged, flagged = outcome == "merged", outcome == "flagged"
    marks: dict[str, Mark] = {"decided": merged or outcome == "apart"}
    if same:
        marks |= {"merged": merged, "found": merged or flagged}
    else:
        marks["kept"] = not merged and outcome != "not taken"
    if merged:
        marks["merged_right"] = same
        if got["by"] != "model":
            marks["merged_right_by_code"] = same
    if got["verdict"] in ("same", "different"):
        marks["model_right"] = (got["verdict"] == "same") == same
    wanted = "merged" if same else "apart"
    wrong = () if outcome == wanted else (f"{outcome} by {got['by']}, where {wanted} is right",)
    return Judgement(marks, wrong)


TASK = Task(Input, Expected, run=run, found=state, judge=judge, stage=agree)
