"""Finds records that may be one organisation twice, and keeps what was judged of them.

The engine of `tools.dedupe` compares; here it is told what a list of prospects adds. Never a pair: two ids of one
source (Miami University in Ohio and the University of Miami have two), two states without a common web domain, and
names that each have a word of their own (the campuses of one university), again without a common web host.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import ToolException
from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db.enums import FlagSeverity, FlagType, State
from db.models import AgentAuditLog, ExternalId, HygieneFlag, Merge, Prospect
from tools.context import ToolContext
from tools.dedupe import engine
from tools.dedupe.columns import Means, guess
from tools.dedupe.compare import name_level
from tools.dedupe.likeness import OWN_WORDS
from tools.dedupe.records import Record, prepare
from tools.flags import open_flag
from tools.importing.records import BY_NAME, OPENING
from tools.journal import note
from tools.normalise import name_words, state_code
from tools.sources import PAGES

JUDGED: Final = "duplicate_judged"
_IDENTIFIES: Final = frozenset(("the same web host", "the same LinkedIn page", "the same street", "the same phone"))
"""What must agree, beside a name that is the same, before two organisations are merged without anybody asked."""

Verdict = Literal["same", "different", "unsure"]
_MEANINGS: Final[dict[str, Means | None]] = {
    "name": Means.NAME,
    "account": Means.OTHER_NAMES,
    "others": Means.OTHER_NAMES,
    "city": Means.CITY,
    "state": Means.STATE,
    "address": Means.STREET,
    "domain": Means.DOMAIN,
    "linkedin": Means.LINKEDIN,
}


@dataclass(frozen=True)
class Pair:
    """Two prospects of one playbook that may be the same; `likeness` is the probability in percent.

    `certain`: nothing speaks against it, and more than the name speaks for it.
    """

    first: Prospect
    second: Prospect
    likeness: float
    why: str
    certain: bool

    @property
    def ids(self) -> tuple[str, str]:
        return (self.first.id, self.second.id)


def find_pairs(session: Session, playbook: str, most: int = 20) -> list[Pair]:
    """The doubtful pairs that nobody has judged yet, likeliest first."""
    return [pair for pair in all_pairs(session, playbook) if not pair.certain][:most]


def all_pairs(session: Session, playbook: str) -> list[Pair]:
    """The pairs that nobody has judged yet, likeliest first: the certain ones, and the doubtful."""
    prospects = session.scalars(
        select(Prospect)
        .where(Prospect.playbook == playbook)
        .options(joinedload(Prospect.account))
        .order_by(Prospect.created_at, Prospect.id)
    ).all()
    account_ids = [prospect.account_id for prospect in prospects]
    ids, names = _ids_by_source(session, account_ids)
    judged, undone = _judged(session, playbook), undone_merges(session, "accounts")
    records = [_record(place, prospect, names[prospect.account_id]) for place, prospect in enumerate(prospects)]

    def separate(a: Record, b: Record) -> bool:
        same_web = bool(a.host) and a.host == b.host
        if a.state and b.state and a.state != b.state and not same_web:
            return True
        if _apart(ids[account_ids[a.place]], ids[account_ids[b.place]]):
            return True
        return not same_web and name_level(a, b) >= OWN_WORDS

    found: list[Pair] = []
    for pair in engine.find(records, people=False, separate=separate).pairs:
        first, second = prospects[pair.one], prospects[pair.other]
        if frozenset((first.id, second.id)) in judged or frozenset((first.account_id, second.account_id)) in undone:
            continue
        said = {evidence.words for evidence in pair.evidence}
        certain = pair.verdict is engine.Verdict.CERTAIN and bool(said & _IDENTIFIES)
        found.append(Pair(first, second, round(100 * pair.probability, 1), pair.why(), certain))
    return found


def _record(place: int, prospect: Prospect, others: Sequence[str]) -> Record:
    account = prospect.account
    state = prospect.state if prospect.state != State.OTHER.value else None
    if state is None and account.hq_location:
        parts = [part.strip() for part in account.hq_location.split(",")]
        state = next((code for part in parts[1:] if (code := state_code(part))), None)
    cells = {
        "name": prospect.name,
        "account": account.name,
        "others": "|".join(others),
        "city": prospect.city,
        "state": state,
        "address": prospect.address,
        "domain": account.domain or account.website_url,
        "linkedin": account.linkedin_company_url,
    }
    return prepare(place, "", cells, _MEANINGS)


def each_has_its_own(one: str, other: str) -> bool:
    """Whether each of two names has a word that the other lacks, in no spelling: then they are two places."""
    left, right = set(name_words(one)), set(name_words(other))
    only_left, only_right = left - right, right - left
    return any(not _spelled_in(word, only_right) for word in only_left) and any(
        not _spelled_in(word, only_left) for word in only_right
    )


def _spelled_in(word: str, words: set[str]) -> bool:
    return any(fuzz.ratio(word, other) >= 80 for other in words)


def _ids_by_source(
    session: Session, account_ids: Sequence[str]
) -> tuple[dict[str, dict[str, set[str]]], dict[str, list[str]]]:
    """Account to the ids that each source, and each telling id column, gives it; and to its other names there."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    names: dict[str, list[str]] = defaultdict(list)
    aliases: dict[str, bool] = {}
    records = session.execute(
        select(ExternalId.record_id, ExternalId.source, ExternalId.external_id, ExternalId.payload).where(
            ExternalId.table_name == "accounts",
            ExternalId.source.not_in(PAGES),  # a page's address tells nothing of who is who
        )
    )
    wanted = set(account_ids)
    for record_id, source, external_id, payload in records:
        if record_id not in wanted or external_id.startswith(OPENING):
            continue
        for column, value in (payload or {}).items():
            if column not in aliases:
                aliases[column] = guess([column])[column] is Means.OTHER_NAMES
            if aliases[column] and value:
                names[record_id].append(str(value))
        if external_id.startswith(BY_NAME):
            continue
        found[record_id][source].add(external_id)
        for column, value in (payload or {}).items():
            if value == external_id:
                found[record_id][f"column {column.casefold()}"].add(external_id)
    return found, names


def undone_merges(session: Session, table: str) -> set[frozenset[str]]:
    """Pairs of records that a person parted again: they are not merged, nor asked about, a second time."""
    rows = session.execute(
        select(Merge.kept_id, Merge.merged_id).where(Merge.table_name == table, Merge.undone_at.is_not(None))
    )
    return {frozenset((kept, merged)) for kept, merged in rows}


def _apart(one: dict[str, set[str]], other: dict[str, set[str]]) -> bool:
    """Whether one source gives the two different ids."""
    return any(one[kind].isdisjoint(other[kind]) for kind in one.keys() & other.keys())


def _judged(session: Session, playbook: str) -> set[frozenset[str]]:
    flags = session.execute(
        select(HygieneFlag.prospect_id, HygieneFlag.other_prospect_id)
        .join(Prospect, Prospect.id == HygieneFlag.prospect_id)
        .where(
            Prospect.playbook == playbook,
            HygieneFlag.flag_type == FlagType.DUPLICATE_SUSPECT.value,
            HygieneFlag.other_prospect_id.is_not(None),
        )
    )
    pairs = {frozenset((one, str(other))) for one, other in flags}
    entries = session.execute(
        select(AgentAuditLog.prospect_id, AgentAuditLog.details)
        .join(Prospect, Prospect.id == AgentAuditLog.prospect_id)
        .where(Prospect.playbook == playbook, AgentAuditLog.action == JUDGED)
    )
    return pairs | {frozenset((str(one), str((details or {}).get("other_prospect_id")))) for one, details in entries}


def shown(session: Session, prospect: Prospect) -> dict[str, Any]:
    """A record as it is put before whoever judges: what tells organisations apart."""
    records = session.execute(
        select(ExternalId.source, ExternalId.external_id).where(
            ExternalId.table_name == "accounts",
            ExternalId.record_id == prospect.account_id,
            ExternalId.source.not_in(PAGES),
            ExternalId.external_id.not_like(f"{OPENING}%"),
            ExternalId.external_id.not_like(f"{BY_NAME}%"),
        )
    )
    record = {
        "name": prospect.name,
        "venue_type": prospect.venue_type,
        "place": prospect.account.hq_location,
        "state": prospect.state,
        "city": prospect.city,
        "address": prospect.address,
        "domain": prospect.account.domain,
        "enrollment": prospect.enrollment,
        "stadium": prospect.stadium_name,
        "industry": prospect.account.industry,
        "ids": {source: external_id for source, external_id in records},  # noqa: C416 (a Result is no pairs to mypy)
    }
    return {key: value for key, value in record.items() if value}


def keep_verdict(session: Session, run_id: str, ids: tuple[str, str], verdict: Verdict, reason: str) -> str:
    """Remembers a verdict; one that leaves a doubt becomes a flag. Says what was done."""
    first, second = (session.get_one(Prospect, prospect_id) for prospect_id in ids)
    if frozenset(ids) not in _judged(session, first.playbook):
        note(
            session,
            run_id=run_id,
            agent="hygiene",
            action=JUDGED,
            prospect_id=first.id,
            details={"other_prospect_id": second.id, "verdict": verdict, "reason": reason},
            requires_review=verdict != "different",
        )
    if verdict == "different":
        return "Noted: they are two organisations."
    likely = verdict == "same"
    open_flag(
        session,
        first.id,
        FlagType.DUPLICATE_SUSPECT,
        FlagSeverity.WARNING if likely else FlagSeverity.INFO,
        f"{first.name} and {second.name} {'look like' if likely else 'may be'} one organisation: {reason}",
        "Merge the two." if likely else "Compare the two; merge them or keep them apart.",
        other_prospect_id=second.id,
    )
    return "Noted: a person will look at the pair."


@tool
async def judge_pair(number: int, verdict: Verdict, reason: str, runtime: ToolRuntime[ToolContext, Any]) -> str:
    """Say whether the two records of a numbered pair are one organisation.

    Args:
        number: The pair's number.
        verdict: same, different, or unsure if the records do not settle it. Campuses of one university with
            teams of their own are different.
        reason: Why, in one short sentence that names what decided it.
    """
    context = runtime.context
    if not 1 <= number <= len(context.pairs):
        raise ToolException(f"There is no pair {number}; the pairs are 1 to {len(context.pairs)}.")
    if not reason.strip():
        raise ToolException("Give a reason.")
    ids, why = context.pairs[number - 1], " ".join(reason.split())[:300]
    said = await context.db.write(lambda s: keep_verdict(s, context.run_id, ids, verdict, why))
    return json.dumps({"pair": number, "done": said})


judge_pair.handle_tool_error = True
