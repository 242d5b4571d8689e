"""Finds records that may be one organisation twice, and keeps what was judged of them.

Never a pair: two ids of one source (Miami University in Ohio and the University of Miami have two), and names that
each have a word of their own (the campuses of one university). What is left is doubtful, and somebody judges it.
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

from db.enums import FlagSeverity, FlagType
from db.models import AgentAuditLog, ExternalId, HygieneFlag, Prospect
from tools.context import ToolContext
from tools.flags import open_flag
from tools.importing.records import BY_NAME, OPENING
from tools.journal import note
from tools.normalise import name_key, name_words

ALIKE: Final = 90.0
JUDGED: Final = "duplicate_judged"
_TOO_COMMON: Final = 40

Verdict = Literal["same", "different", "unsure"]


@dataclass(frozen=True)
class Pair:
    """Two prospects of one playbook that may be the same; `likeness` of their names is 0-100."""

    first: Prospect
    second: Prospect
    likeness: float
    why: str

    @property
    def ids(self) -> tuple[str, str]:
        return (self.first.id, self.second.id)


def find_pairs(session: Session, playbook: str, most: int = 20) -> list[Pair]:
    """The doubtful pairs that nobody has judged yet: of one domain, or alike in name in one state.

    Likeliest first, those in one town before those in two.
    """
    prospects = session.scalars(
        select(Prospect)
        .where(Prospect.playbook == playbook)
        .options(joinedload(Prospect.account))
        .order_by(Prospect.created_at, Prospect.id)
    ).all()
    ids = _ids_by_source(session, [p.account_id for p in prospects])
    judged = _judged(session, playbook)
    found: list[Pair] = []
    seen: set[frozenset[str]] = set()
    for first, second, why in _candidates(prospects):
        key = frozenset((first.id, second.id))
        if key in seen or key in judged:
            continue
        seen.add(key)
        if _apart(ids[first.account_id], ids[second.account_id]):
            continue
        likeness = fuzz.token_sort_ratio(name_key(first.name), name_key(second.name))
        if why == "name" and (likeness < ALIKE or each_has_its_own(first.name, second.name)):
            continue
        told = "the same web domain" if why == "domain" else "alike in name, in one state"
        found.append(Pair(first, second, round(likeness, 1), told))
    found.sort(key=lambda pair: (_in_two_towns(pair), -pair.likeness, pair.ids))
    return found[:most]


def _in_two_towns(pair: Pair) -> bool:
    one, other = (str(p.city or "").casefold() for p in (pair.first, pair.second))
    return bool(one and other and one != other)


def each_has_its_own(one: str, other: str) -> bool:
    """Whether each of two names has a word that the other lacks, in no spelling: then they are two places."""
    left, right = set(name_words(one)), set(name_words(other))
    only_left, only_right = left - right, right - left
    return any(not _spelled_in(word, only_right) for word in only_left) and any(
        not _spelled_in(word, only_left) for word in only_right
    )


def _spelled_in(word: str, words: set[str]) -> bool:
    return any(fuzz.ratio(word, other) >= 80 for other in words)


def _candidates(prospects: Sequence[Prospect]) -> list[tuple[Prospect, Prospect, str]]:
    by_domain: dict[str, list[Prospect]] = defaultdict(list)
    by_word: dict[tuple[str, str], list[Prospect]] = defaultdict(list)
    for prospect in prospects:
        if prospect.account.domain:
            by_domain[prospect.account.domain].append(prospect)
        for word in set(name_words(prospect.name)):
            by_word[(prospect.state, word)].append(prospect)
    pairs = [(a, b, "domain") for group in by_domain.values() for a, b in _two_of(group)]
    # A word that half the state has in its name ('college') tells nothing.
    rare = [group for group in by_word.values() if len(group) <= _TOO_COMMON]
    return pairs + [(a, b, "name") for group in rare for a, b in _two_of(group)]


def _two_of(group: Sequence[Prospect]) -> list[tuple[Prospect, Prospect]]:
    return [(a, b) for n, a in enumerate(group) for b in group[n + 1 :]]


def _ids_by_source(session: Session, account_ids: Sequence[str]) -> dict[str, dict[str, set[str]]]:
    """Account to the ids that each source, and each telling id column, gives it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    records = session.execute(
        select(ExternalId.record_id, ExternalId.source, ExternalId.external_id, ExternalId.payload).where(
            ExternalId.table_name == "accounts", ExternalId.record_id.in_(account_ids)
        )
    )
    for record_id, source, external_id, payload in records:
        if external_id.startswith((OPENING, BY_NAME)):
            continue
        found[record_id][source].add(external_id)
        for column, value in (payload or {}).items():
            if value == external_id:
                found[record_id][f"column {column.casefold()}"].add(external_id)
    return found


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
