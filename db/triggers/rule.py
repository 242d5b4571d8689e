"""What a rule is, and the conditions and locks that rules share."""

# ruff: noqa: S608 (the SQL is made from the models, nothing of it is input)

from dataclasses import dataclass
from typing import Final, Literal

from db.triggers.words import Words

Event = Literal["INSERT", "UPDATE", "DELETE"]
Refusal = tuple[str, str]
WRITES: Final[tuple[Event, ...]] = ("INSERT", "UPDATE")

SUPPRESSION_LOCK: Final = 4711_0002
"""The advisory lock between a suppression being written (exclusive) and a claim (shared)."""

OUT: Final = "('claimed', 'sent', 'uncertain')"
"""The states of a delivery whose message has gone out, or may have."""


@dataclass(frozen=True)
class Rule:
    """One trigger: where `when` holds, refuse by the first condition that is true, or do `act`."""

    name: str
    table: str
    event: Event
    refusals: tuple[Refusal, ...] = ()
    when: str | None = None
    before: bool = False
    act: str | None = None
    locks: tuple[str, ...] = ()
    only: str | None = None


def suppressed(words: Words, email: str) -> str:
    """The address, or its domain or a parent of that, is suppressed."""
    address = words.address(email)
    return (
        f"(EXISTS (SELECT 1 FROM suppressions s WHERE s.kind = 'address' AND s.value = {address})"
        f" OR EXISTS (SELECT 1 FROM suppressions s WHERE s.kind = 'domain'"
        f" AND {words.in_domains_of('s.value', address)}))"
    )


def contact(condition: str) -> str:
    """Something holds of the contact `c` that the row names."""
    return f"EXISTS (SELECT 1 FROM contacts c WHERE c.id = NEW.contact_id AND {condition})"


def unreachable(words: Words) -> tuple[Refusal, ...]:
    """Why nothing may go to NEW.contact_id by NEW.channel."""
    return (
        (contact("c.do_not_contact"), "the contact is do-not-contact"),
        (contact(suppressed(words, "c.email")), "the contact's address or domain is suppressed"),
        (
            "NEW.channel = 'email' AND " + contact("c.status = 'bounced'"),
            "the contact's address bounced: nothing goes there by email",
        ),
        (contact("c.deleted_at IS NOT NULL"), "the contact is deleted"),
    )


def reach_locks() -> tuple[str, ...]:
    """What keeps `unreachable` true until the transaction ends."""
    return (
        # In an older snapshot a suppression that was committed meanwhile would not be seen.
        "IF current_setting('transaction_isolation') <> 'read committed' THEN"
        " RAISE EXCEPTION 'outreach: drafts become ready and deliveries are claimed at READ COMMITTED only'"
        " USING ERRCODE = 'check_violation'; END IF",
        f"PERFORM pg_advisory_xact_lock_shared({SUPPRESSION_LOCK})",
        "PERFORM 1 FROM contacts WHERE id = NEW.contact_id FOR SHARE",
    )


def approved(words: Words, draft: str) -> str:
    """The latest decision on NEW.version of the draft, for NEW.contact_id, approves and has not expired."""
    return (
        f"EXISTS (SELECT 1 FROM approvals a WHERE a.draft_id = {draft} AND a.version = NEW.version"
        " AND a.contact_id = NEW.contact_id AND a.decision IN ('approve', 'edit')"
        f" AND (a.expires_at IS NULL OR {words.ahead('a.expires_at')})"
        " AND a.ordinal = (SELECT max(b.ordinal) FROM approvals b"
        f" WHERE b.draft_id = {draft} AND b.version = NEW.version))"
    )


NOT_APPROVED: Final = "no person has approved this version of the draft for this contact, or no longer does"


def archive(whose: str) -> str:
    """Archives the ready drafts of contacts that were not claimed, or whose sending failed."""
    return (
        "UPDATE message_drafts SET approval_status = 'archived' WHERE approval_status = 'ready'"
        f" AND contact_id {whose} AND NOT EXISTS (SELECT 1 FROM deliveries d"
        f" WHERE d.draft_id = message_drafts.id AND d.state IN {OUT})"
    )
