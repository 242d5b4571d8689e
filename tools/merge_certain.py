"""What hygiene does with duplicates by itself: merges the certain ones, flags what it may not merge."""

from collections import Counter

from sqlalchemy.orm import Session

from db.actors import agent
from db.enums import FlagSeverity, FlagType
from db.models import Account, Contact, Merge, Prospect
from tools.duplicate_people import flag_people, people_pairs
from tools.duplicates import all_pairs
from tools.flags import open_flag
from tools.journal import note
from tools.merging import CannotMerge, better_first, merge

MERGED = "merged_duplicates"


def merge_organisations(session: Session, playbook: str, run_id: str) -> Counter[str]:
    """Merges the organisations that are certainly one. Counts `merged` and `refused`; what is refused is flagged."""
    done: Counter[str] = Counter()
    for pair in all_pairs(session, playbook):
        if not pair.certain:
            continue
        # A merge before this one may have taken either.
        prospects = [session.get(Prospect, prospect_id, populate_existing=True) for prospect_id in pair.ids]
        if None in prospects:
            continue
        one, other = (prospect for prospect in prospects if prospect is not None)
        kept_id, merged_id = better_first(session, "accounts", one.account_id, other.account_id)
        try:
            with session.begin_nested():
                entry = merge(
                    session, "accounts", kept_id, merged_id,
                    by=agent(run_id), reason=pair.why, certainty=round(pair.likeness / 100, 4),
                )  # fmt: skip
        except CannotMerge as refusal:
            done["refused"] += open_flag(
                session, pair.ids[0], FlagType.DUPLICATE_SUSPECT, FlagSeverity.WARNING,
                f"{one.name} and {other.name} look like one organisation: {pair.why}. {refusal}",
                "Merge the two.", other_prospect_id=pair.ids[1],
            )  # fmt: skip
            continue
        survivor = session.get_one(Account, entry.kept_id)
        prospect_id = next((p.id for p in survivor.prospects if p.playbook == playbook), None)
        _tell(session, run_id, entry, prospect_id, None)
        done["merged"] += 1
    return done


def merge_people(session: Session, playbook: str, run_id: str) -> Counter[str]:
    """Merges the people who are certainly one and flags the doubtful. Counts `merged`, `refused` and `flagged`."""
    done: Counter[str] = Counter()
    pairs = people_pairs(session, playbook)
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
