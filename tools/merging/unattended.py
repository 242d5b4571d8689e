"""What hygiene does with duplicates by itself: merges the certain ones, flags what it may not merge."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from db.actors import agent
from db.enums import FlagSeverity, FlagType
from db.models import Account, Contact, Merge, Prospect
from tools.hygiene.flags import open_flag, open_flags
from tools.journal import note
from tools.merging.merge import CannotMerge, better_first, merge
from tools.merging.organisations import FLAGGED, Pair
from tools.merging.people import flag_people, people_pairs

MERGED = "merged_duplicates"
LIKELY = 50.0
"""From this likeness, in percent, a doubtful pair is a warning."""


@dataclass
class Merged:
    """How many pairs were merged, how many were refused and flagged; the accounts that others were merged into."""

    merged: int = 0
    refused: int = 0
    kept: set[str] = field(default_factory=set)


def merge_pair(
    session: Session,
    run_id: str,
    account_ids: tuple[str, str],
    playbook: str,
    reason: str,
    certainty: float | None = None,
) -> Merge:
    """Merges two organisations in an agent's name and tells of it. Raises CannotMerge; then nothing is changed."""
    kept_id, merged_id = better_first(session, "accounts", *account_ids)
    with session.begin_nested():
        entry = merge(session, "accounts", kept_id, merged_id, by=agent(run_id), reason=reason, certainty=certainty)
    survivor = session.get_one(Account, entry.kept_id)
    prospect_id = next((p.id for p in survivor.prospects if p.playbook == playbook), None)
    _tell(session, run_id, entry, prospect_id, None)
    return entry


def merge_organisations(session: Session, playbook: str, run_id: str, pairs: Sequence[Pair]) -> Merged:
    """Merges the certain pairs among `pairs`; what may not be merged is flagged."""
    done = Merged()
    for pair in pairs:
        # A merge before this one may have taken either.
        if not pair.certain or any(
            session.get(Account, key, populate_existing=True) is None for key in pair.account_ids
        ):
            continue
        try:
            entry = merge_pair(session, run_id, pair.account_ids, playbook, pair.why, round(pair.likeness / 100, 4))
        except CannotMerge as refusal:
            done.refused += flag_pair(session, run_id, pair, str(refusal))
            continue
        done.kept.add(entry.kept_id)
        done.merged += 1
    return done


def flag_organisations(session: Session, run_id: str, pairs: Sequence[Pair]) -> int:
    """Flags the doubtful pairs of which both are still there; how many flags are new."""
    new = 0
    for pair in pairs:
        if pair.certain or any(session.get(Prospect, key, populate_existing=True) is None for key in pair.ids):
            continue
        new += flag_pair(session, run_id, pair)
    return new


def flag_pair(session: Session, run_id: str, pair: Pair, refusal: str | None = None) -> bool:
    """Puts a pair before a person, with the reason; whether the flag is new. `refusal`: why it may not be merged."""
    one, other = (session.get_one(Prospect, key) for key in pair.ids)
    likely = pair.likeness >= LIKELY
    message = (
        f"{one.name} and {other.name} {'look like' if likely else 'may be'} one organisation "
        f"({pair.likeness:.0f} %): {pair.why}.{f' {refusal}' if refusal else ''}"
    )
    known = open_flags(session, other.id, FlagType.DUPLICATE_SUSPECT)
    if any(flag.other_prospect_id == one.id for flag in known):
        one, other = other, one
    new = open_flag(
        session,
        one.id,
        FlagType.DUPLICATE_SUSPECT,
        FlagSeverity.WARNING if likely else FlagSeverity.INFO,
        message,
        "Merge the two." if refusal else "Compare the two; merge them or keep them apart.",
        other_prospect_id=other.id,
    )
    if new:
        found = open_flags(session, one.id, FlagType.DUPLICATE_SUSPECT)
        note(
            session,
            run_id=run_id,
            agent="hygiene",
            action=FLAGGED,
            prospect_id=one.id,
            details={
                "other_prospect_id": other.id,
                "flag": next(flag.id for flag in found if flag.other_prospect_id == other.id),
                "likeness": pair.likeness,
            },
        )
    return new


def merge_people(session: Session, playbook: str, run_id: str, fresh: Set[str] | None = None) -> Counter[str]:
    """Compares people (`fresh`: only pairs with one of these contacts), merges those who are certainly one and flags
    the doubtful. Counts `merged`, `refused` and `flagged`."""
    done: Counter[str] = Counter()
    pairs = people_pairs(session, playbook, fresh)
    doubtful = [pair for pair in pairs if not pair.certain]
    ids = [(pair.first.id, pair.second.id) for pair in doubtful]
    for pair in pairs:
        if not pair.certain:
            continue
        one_id, other_id = pair.first.id, pair.second.id
        if any(session.get(Contact, key, populate_existing=True) is None for key in (one_id, other_id)):
            continue
        kept_id, merged_id = better_first(session, "contacts", one_id, other_id)
        try:
            with session.begin_nested():
                entry = merge(
                    session, "contacts", kept_id, merged_id,
                    by=agent(run_id), reason=pair.why, certainty=round(pair.likeness / 100, 4),
                )  # fmt: skip
        except CannotMerge:
            doubtful.append(pair)
            ids.append((one_id, other_id))
            done["refused"] += 1
            continue
        _tell(session, run_id, entry, session.get_one(Contact, entry.kept_id).prospect_id, entry.kept_id)
        done["merged"] += 1
    left = [
        pair
        for pair, keys in zip(doubtful, ids, strict=True)
        if all(session.get(Contact, key, populate_existing=True) is not None for key in keys)
    ]
    done["flagged"] = flag_people(session, run_id, left)
    return done


def _tell(session: Session, run_id: str, entry: Merge, prospect_id: str | None, contact_id: str | None) -> None:
    note(
        session,
        run_id=run_id,
        agent="hygiene",
        action=MERGED,
        prospect_id=prospect_id,
        contact_id=contact_id,
        details={
            "merge": entry.id,
            "kept": entry.snapshot["kept"],
            "merged": entry.snapshot["merged"],
            "why": entry.reason,
            "undo": f"outreach flags undo {entry.id}",
        },
        requires_review=True,
    )
    session.flush()
