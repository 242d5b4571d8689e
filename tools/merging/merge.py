"""Merges two organisations, or two people, into one, and undoes it.

Every single change goes through an undo log that becomes `merges.snapshot`; undoing plays it backwards. A value of the
survivor is never overwritten: only its blanks are filled. What was written to a person (drafts, their versions,
approvals, deliveries) stays with the contact it was written for, so that contact survives, or the merge is refused.
"""

from typing import Final

from sqlalchemy import Table, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.columns import Base
from db.enums import ContactStatus, FollowupState, SequenceStatus, SuppressionKind
from db.lifecycle import LIVE, OPEN
from db.models import Merge
from db.stamps import new_id, utc_now
from tools.undo_log import Row, UndoLog, table_of

_BY_NAME: Final = ("external_ids", "label_corrections")
"""Tables that point at any record by `table_name` and `record_id`."""

_WRITTEN: Final = ("message_drafts", "approvals", "deliveries")
_NOT_FILLED: Final = frozenset(
    [
        "id",
        "account_id",
        "prospect_id",
        "playbook",
        "name",
        "first_name",
        "last_name",
        "full_name",
        "status",
        "stage",
        "do_not_contact",
        "dnc_reason",
        "icp_score",
        "tier",
        "is_primary",
        "created_at",
        "updated_at",
        "deleted_at",
        "email",
        "email_verified",
        "linkedin_url",
    ]
)
_OWN_SCORES: Final = frozenset(("prospect_scores", "icp_scores"))
"""Scores of a record that is no more; the survivor is scored anew."""


class CannotMerge(Exception):
    """Why a merge, or its undoing, is refused: one plain sentence."""


def merge(
    session: Session,
    table: str,
    kept_id: str,
    merged_id: str,
    *,
    by: str,
    reason: str,
    certainty: float | None = None,
) -> Merge:
    """Merges a record into another of `table` (`accounts`, with their prospects, or `contacts`).

    The one that must survive does, whichever was named; where neither must, `kept_id` does. `by` is the actor.
    Raises CannotMerge where the database's rules leave no way, and for records that are not there or were deleted.
    """
    if kept_id == merged_id:
        raise CannotMerge("That is one and the same record.")
    session.flush()
    undo_log = UndoLog(session)
    kept, merged = _row(undo_log, table, kept_id), _row(undo_log, table, merged_id)
    agent = by.startswith("agent:")
    if table == "contacts":
        if _must_survive(undo_log, kept, merged, agent):
            kept, merged = merged, kept
        _merge_contacts(undo_log, kept, merged)
    elif table == "accounts":
        if _must_survive_account(undo_log, kept, merged):
            kept, merged = merged, kept
        _merge_accounts(undo_log, kept, merged, by)
    else:
        raise CannotMerge(f"Records of {table} are not merged.")
    entry = Merge(
        table_name=table,
        kept_id=kept["id"],
        merged_id=merged["id"],
        reason=reason,
        certainty=certainty,
        snapshot={"kept": _called(kept), "merged": _called(merged), "steps": undo_log.steps},
        merged_by=by,
    )
    # The undo log went past the ORM: what the session holds of these rows is old.
    session.expire_all()
    session.add(entry)
    session.flush()
    return entry


def undo(session: Session, merge_id: str, *, by: str) -> list[str]:
    """Takes a merge back. Gives sentences on what could not be restored because it was changed since.

    Raises CannotMerge for an unknown or undone merge, for an agent, and where a later merge has to be undone first.
    """
    session.flush()
    entry = session.get(Merge, merge_id)
    if entry is None:
        raise CannotMerge("There is no such merge.")
    if entry.undone_at is not None:
        raise CannotMerge("That merge was undone already.")
    if by.startswith("agent:"):
        raise CannotMerge("Only a person undoes a merge.")
    undo_log = UndoLog(session)
    touched = UndoLog.touched(entry.snapshot["steps"]) | {(entry.table_name, entry.kept_id)}
    later = session.scalars(select(Merge).where(Merge.undone_at.is_(None), Merge.merged_at >= entry.merged_at))
    for other in later:
        if other.id != entry.id and touched & UndoLog.removed(other.snapshot["steps"]):
            raise CannotMerge(
                f"What was kept has itself been merged since, into {other.snapshot['kept']}: undo {other.id} first."
            )
    try:
        left = undo_log.take_back(entry.snapshot["steps"])
    except DBAPIError as exc:
        raise CannotMerge(f"The database refuses to take it back: {str(exc.orig).splitlines()[0]}") from exc
    session.expire_all()
    entry.undone_at, entry.undone_by = utc_now(), by
    session.flush()
    return left


def _row(undo_log: UndoLog, table: str, row_id: str) -> Row:
    row = undo_log.row(table, row_id)
    if row is None:
        raise CannotMerge(f"There is no record {row_id} in {table}.")
    if row.get("deleted_at") is not None:
        raise CannotMerge(f"{_called(row)} was deleted; restore it, or leave it.")
    return row


def _called(row: Row) -> str:
    return str(row.get("name") or row.get("full_name") or row["id"])


def better_first(session: Session, table: str, one_id: str, other_id: str) -> tuple[str, str]:
    """Which of two records had better survive, and the other: the one with more ids of sources, then the one that
    says more, then the older."""
    undo_log = UndoLog(session)

    def worth(row_id: str) -> tuple[int, int, float]:
        row = _row(undo_log, table, row_id)
        sources = undo_log.rows("external_ids", table_name=table, record_id=row_id)
        known = sum(value not in (None, "", [], {}) for value in row.values())
        return len(sources), known, -row["created_at"].timestamp()

    return (one_id, other_id) if worth(one_id) >= worth(other_id) else (other_id, one_id)


# --- people


def has_messages(undo_log: UndoLog, contact_id: str) -> bool:
    """Whether anything was written to a contact that must stay theirs."""
    return any(undo_log.ids(table, contact_id=contact_id) for table in _WRITTEN) or any(
        row["message_draft_id"] for row in undo_log.rows("touchpoints", contact_id=contact_id)
    )


def _must_survive(undo_log: UndoLog, kept: Row, merged: Row, agent: bool) -> bool:
    """Whether the other one must be the survivor. Raises CannotMerge where both must."""
    written = has_messages(undo_log, kept["id"]), has_messages(undo_log, merged["id"])
    if all(written):
        raise CannotMerge(
            f"Both {_called(kept)} and {_called(merged)} have messages of their own, which stay with the contact they "
            "were written for: the two cannot become one."
        )
    if not agent:
        return written[1]
    # An agent may not remove somebody who is do-not-contact, nor touch a suppression.
    barred = [c["do_not_contact"] or bool(undo_log.ids("suppressions", contact_id=c["id"])) for c in (kept, merged)]
    if all(barred) or (barred[0] and written[1]) or (barred[1] and written[0]):
        raise CannotMerge(f"Only a person merges {_called(kept)} with {_called(merged)}: do-not-contact is involved.")
    return written[1] or barred[1]


def _merge_contacts(undo_log: UndoLog, kept: Row, merged: Row) -> None:
    barred = _barred(undo_log, kept, merged)
    live = undo_log.rows("outreach_sequences", contact_id=kept["id"])
    if barred or any(row["status"] in LIVE for row in live):
        _stop(undo_log, merged["id"])
    in_batches = {row["batch_id"] for row in undo_log.rows("batch_prospects", contact_id=kept["id"])}
    for row in undo_log.rows("batch_prospects", contact_id=merged["id"]):
        if row["batch_id"] in in_batches:
            undo_log.delete("batch_prospects", row["id"])
    _move_children(undo_log, "contacts", kept["id"], merged["id"])
    undo_log.delete("contacts", merged["id"])
    values = _blanks(kept, merged)
    if not kept["linkedin_url"] and merged["linkedin_url"]:
        values["linkedin_url"] = merged["linkedin_url"]
    if not kept["email"] and merged["email"]:
        values |= {"email": merged["email"], "email_verified": merged["email_verified"]}
        if merged["status"] == ContactStatus.BOUNCED.value:
            values["status"] = merged["status"]
    for column in ("last_contacted_at", "last_response_at"):
        if merged[column] is not None and (kept[column] is None or kept[column] < merged[column]):
            values[column] = merged[column]
    if barred and not kept["do_not_contact"]:
        _stop(undo_log, kept["id"])
        for draft in undo_log.rows("message_drafts", contact_id=kept["id"]):
            if draft["approval_status"] == "ready":
                undo_log.update("message_drafts", draft["id"], {"approval_status": "archived"})
        values |= {"status": ContactStatus.DO_NOT_CONTACT.value, "do_not_contact": True, "dnc_reason": barred}
    if values:
        undo_log.update("contacts", kept["id"], values | {"updated_at": utc_now()})


def _barred(undo_log: UndoLog, kept: Row, merged: Row) -> str | None:
    """Why the survivor must not be contacted, or None."""
    for contact in (kept, merged):
        if contact["do_not_contact"]:
            return str(contact["dnc_reason"] or f"{_called(contact)} was do-not-contact before the merge")
    suppressions = table_of("suppressions")
    for contact in (kept, merged):
        address = (contact["email"] or "").strip().lower()
        found = address and undo_log.session.scalar(
            select(func.count())
            .select_from(suppressions)
            .where(suppressions.c.kind == SuppressionKind.ADDRESS.value, suppressions.c.value == address)
        )
        if found:
            return f"the address {address} was suppressed before the merge"
    return None


def _stop(undo_log: UndoLog, contact_id: str) -> None:
    for row in undo_log.rows("outreach_sequences", contact_id=contact_id):
        if row["status"] in LIVE:
            undo_log.update(
                "outreach_sequences", row["id"], {"status": SequenceStatus.STOPPED.value, "next_step_at": None}
            )
    for row in undo_log.rows("followups", contact_id=contact_id):
        if row["state"] in OPEN:
            undo_log.update("followups", row["id"], {"state": FollowupState.SKIPPED.value})


# --- organisations


def _under_way(undo_log: UndoLog, account_id: str) -> bool:
    """Whether messages to its people wait for a decision or for their next step: those threads know it by its id."""
    for contact in undo_log.rows("contacts", account_id=account_id):
        drafts = undo_log.rows("message_drafts", contact_id=contact["id"])
        if any(draft["approval_status"] in ("draft", "ready") for draft in drafts):
            return True
        if any(row["status"] in LIVE for row in undo_log.rows("outreach_sequences", contact_id=contact["id"])):
            return True
    return False


def _must_survive_account(undo_log: UndoLog, kept: Row, merged: Row) -> bool:
    under_way = _under_way(undo_log, kept["id"]), _under_way(undo_log, merged["id"])
    if all(under_way):
        raise CannotMerge(
            f"Messages to people of both {_called(kept)} and {_called(merged)} are under way: "
            "decide on those of one of them, then merge."
        )
    return under_way[1]


def _merge_accounts(undo_log: UndoLog, kept: Row, merged: Row, by: str) -> None:
    own = {row["playbook"]: row for row in undo_log.rows("prospects", account_id=kept["id"])}
    for prospect in undo_log.rows("prospects", account_id=merged["id"]):
        other = own.get(prospect["playbook"])
        for pursuit in (prospect, other):
            if pursuit is not None and pursuit["deleted_at"] is not None:
                raise CannotMerge(
                    f"{pursuit['name']} was deleted under {pursuit['playbook']}; restore it, or leave it."
                )
        if other is None:
            _take_over(undo_log, prospect, kept["id"])
        else:
            _merge_prospects(undo_log, other, prospect, by)
    _move_children(undo_log, "accounts", kept["id"], merged["id"])
    undo_log.delete("accounts", merged["id"])
    values = _blanks(kept, merged)
    if values:
        undo_log.update("accounts", kept["id"], values | {"updated_at": utc_now()})


def _take_over(undo_log: UndoLog, prospect: Row, account_id: str) -> None:
    """A pursuit that the survivor has not. Its contacts point at it and its account together, so it gets a new row."""
    fresh = {**prospect, "id": new_id(), "account_id": account_id}
    undo_log.insert("prospects", fresh)
    _move_people(undo_log, fresh, prospect["id"], primary=False)
    _move_children(undo_log, "prospects", fresh["id"], prospect["id"], scores=True)
    undo_log.delete("prospects", prospect["id"])


def _merge_prospects(undo_log: UndoLog, kept: Row, merged: Row, by: str) -> None:
    _settle_flags(undo_log, kept, merged, by)
    primary = any(row["is_primary"] for row in undo_log.rows("contacts", prospect_id=kept["id"]))
    _move_people(undo_log, kept, merged["id"], primary=primary)
    _move_children(undo_log, "prospects", kept["id"], merged["id"])
    undo_log.delete("prospects", merged["id"])
    undo_log.update("prospects", kept["id"], _blanks(kept, merged) | {"updated_at": utc_now()})


def _move_people(undo_log: UndoLog, prospect: Row, from_id: str, *, primary: bool) -> None:
    """`primary`: the survivor has a primary contact already."""
    for person in undo_log.rows("contacts", prospect_id=from_id):
        values: Row = {"prospect_id": prospect["id"], "account_id": prospect["account_id"]}
        if primary and person["is_primary"]:
            values["is_primary"] = False
        undo_log.update("contacts", person["id"], values)


def _settle_flags(undo_log: UndoLog, kept: Row, merged: Row, by: str) -> None:
    """What a flag said of the pair is answered; what both were flagged for stands once."""
    pair = {kept["id"], merged["id"]}
    open_kinds = {
        (row["flag_type"], row["other_prospect_id"])
        for row in undo_log.rows("hygiene_flags", prospect_id=kept["id"])
        if row["resolved_at"] is None
    }
    answered = {"resolved_at": utc_now(), "resolved_by": by, "resolution_notes": "merged"}
    flags = [
        *undo_log.rows("hygiene_flags", prospect_id=merged["id"]),
        *undo_log.rows("hygiene_flags", prospect_id=kept["id"], other_prospect_id=merged["id"]),
    ]
    for flag in flags:
        of_pair = {flag["prospect_id"], flag["other_prospect_id"]} == pair
        doubled = (flag["flag_type"], flag["other_prospect_id"]) in open_kinds and flag["prospect_id"] == merged["id"]
        values: Row = {"other_prospect_id": None} if of_pair else {}
        if (of_pair or doubled) and flag["resolved_at"] is None:
            values |= answered
        if values:
            undo_log.update("hygiene_flags", flag["id"], values)


# --- both


def _blanks(kept: Row, merged: Row) -> Row:
    """What the merged record knows and the survivor does not."""
    blank: tuple[object, ...] = (None, "", [], {})
    return {
        column: value
        for column, value in merged.items()
        if column not in _NOT_FILLED and kept[column] in blank and value not in blank
    }


def _move_children(undo_log: UndoLog, table: str, to_id: str, from_id: str, *, scores: bool = False) -> None:
    """Points everything that points at a record at another, by the schema's own foreign keys."""
    for child, column in _pointing_at(table):
        for row_id in undo_log.ids(child.name, **{column: from_id}):
            if child.name in _OWN_SCORES and not scores:
                undo_log.delete(child.name, row_id)
            else:
                undo_log.update(child.name, row_id, {column: to_id})
    for name in _BY_NAME:
        for row_id in undo_log.ids(name, table_name=table, record_id=from_id):
            undo_log.update(name, row_id, {"record_id": to_id})


def _pointing_at(table: str) -> list[tuple[Table, str]]:
    """Tables and their columns that refer to `table`; contacts go with their prospect, in both columns at once."""
    found: list[tuple[Table, str]] = []
    for child in Base.metadata.sorted_tables:
        if child.name == "contacts":
            continue
        found += [(child, key.parent.name) for key in child.foreign_keys if key.column.table.name == table]
    return [(child, column) for child, column in found if not (table == "accounts" and child.name == "prospects")]
