"""The rules of drafts, deliveries and touchpoints."""

# ruff: noqa: S608 (the SQL is made from the models, nothing of it is input)

from collections.abc import Iterator
from typing import Final

from db.triggers.rule import (
    NOT_APPROVED,
    OUT,
    WRITES,
    Refusal,
    Rule,
    approved,
    contact,
    reach_locks,
    unreachable,
)
from db.triggers.words import Words

_DRAFT_TEXT: Final = ("subject_line", "body", "channel", "contact_id", "touch_type", "touch_number")
_DELIVERY_FIXED: Final = ("draft_id", "contact_id", "sequence_id", "touch_number", "touch_type", "channel")
_DELIVERY_CLAIM: Final = ("version", "recipient", "message_id", "claimed_at")


def drafts(words: Words) -> Iterator[Rule]:
    """When a draft is ready or sent."""
    ready = "NEW.approval_status = 'ready'"
    unapproved = (f"NOT {approved(words, 'NEW.id')}", NOT_APPROVED)
    for event in WRITES:
        suffix = event.lower()
        yield Rule(
            f"draft_reach_{suffix}", "message_drafts", event, unreachable(words), when=ready, locks=reach_locks()
        )
        yield Rule(f"draft_approved_{suffix}", "message_drafts", event, (unapproved,), when=ready)
    unclaimed = (
        "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.draft_id = NEW.id AND d.version = NEW.version"
        f" AND d.contact_id = NEW.contact_id AND d.state IN {OUT})",
        "a draft is sent only where its delivery was claimed, under a person's approval",
    )
    yield Rule("draft_sent_insert", "message_drafts", "INSERT", (unclaimed,), when="NEW.approval_status = 'sent'")
    yield Rule(
        "draft_sent_update",
        "message_drafts",
        "UPDATE",
        (unclaimed,),
        when="NEW.approval_status = 'sent' AND OLD.approval_status <> 'sent'",
    )


def draft_texts(words: Words) -> Iterator[Rule]:
    """How a draft's text changes, and when it may not change any more."""
    text = f"({words.changed(_DRAFT_TEXT)} OR (OLD.sequence_id IS NOT NULL AND {words.changed(['sequence_id'])}))"
    yield Rule(
        "draft_version",
        "message_drafts",
        "UPDATE",
        (
            ("NEW.version < OLD.version", "the version of a draft never goes back"),
            (
                f"{text} AND NEW.version <= OLD.version",
                "a change of a draft's text, channel, touch or contact needs a greater version",
            ),
        ),
    )
    yield Rule(
        "draft_again",
        "message_drafts",
        "UPDATE",
        (
            (
                f"{text} AND NEW.approval_status IN ('ready', 'sent')",
                "a draft whose text changed is a draft again, until a person approves the new text",
            ),
        ),
    )
    out = f"EXISTS (SELECT 1 FROM deliveries d WHERE d.draft_id = OLD.id AND d.state IN {OUT})"
    frozen = words.changed((*_DRAFT_TEXT, "sequence_id", "version"))
    yield Rule(
        "draft_frozen",
        "message_drafts",
        "UPDATE",
        (
            (
                f"{frozen} AND (OLD.approval_status = 'sent' OR {out})",
                "what was sent, or is being sent, is frozen",
            ),
            (
                "OLD.approval_status = 'sent' AND NEW.approval_status NOT IN ('sent', 'archived')",
                "a sent draft stays sent; it can only be archived",
            ),
        ),
    )
    decided = (
        "OLD.approval_status = 'sent' OR EXISTS (SELECT 1 FROM approvals a WHERE a.draft_id = OLD.id)"
        " OR EXISTS (SELECT 1 FROM deliveries d WHERE d.draft_id = OLD.id)"
    )
    # On PostgreSQL the foreign keys say the same; SQLite's REPLACE puts the same id back and so passes them.
    yield Rule(
        "draft_kept",
        "message_drafts",
        "DELETE",
        ((decided, "a draft that a person decided on is kept: archive it"),),
        before=True,
        only="sqlite",
    )


def deliveries(words: Words) -> Iterator[Rule]:
    """When a delivery is claimed, and how it goes on."""
    yield Rule(
        "delivery_born",
        "deliveries",
        "INSERT",
        (("NEW.state <> 'claimed'", "a delivery begins as claimed, before the attempt to send"),),
    )
    of_draft = (
        "NOT EXISTS (SELECT 1 FROM message_drafts d WHERE d.id = NEW.draft_id AND d.version = NEW.version"
        " AND d.contact_id = NEW.contact_id AND d.channel = NEW.channel AND d.touch_type = NEW.touch_type"
        f" AND d.touch_number = NEW.touch_number AND {words.same('d.sequence_id', 'NEW.sequence_id')}"
        " AND d.approval_status = 'ready')"
    )
    locks = reach_locks()
    address = words.address("NEW.recipient")
    theirs = contact(f"{words.address('c.email')} = {address}")
    reach = (
        *unreachable(words),
        (
            f"NEW.channel = 'email' AND NOT {theirs}",
            "an email goes to the address on the contact's row, and to no other",
        ),
    )
    for event in WRITES:
        suffix = event.lower()
        when = None if event == "INSERT" else "NEW.state = 'claimed' AND OLD.state <> 'claimed'"
        yield Rule(f"delivery_reach_{suffix}", "deliveries", event, reach, when=when, locks=locks)
        yield Rule(
            f"delivery_draft_{suffix}",
            "deliveries",
            event,
            ((of_draft, "a delivery is of a ready draft: its version, contact, channel and touch"),),
            when=when,
            locks=("PERFORM 1 FROM message_drafts WHERE id = NEW.draft_id FOR SHARE",),
        )
        unapproved = (f"NOT {approved(words, 'NEW.draft_id')}", NOT_APPROVED)
        yield Rule(f"delivery_approved_{suffix}", "deliveries", event, (unapproved,), when=when)
    steps = (
        "NOT (NEW.state = OLD.state"
        " OR (OLD.state = 'claimed' AND NEW.state IN ('sent', 'failed', 'uncertain'))"
        " OR (OLD.state = 'uncertain' AND NEW.state IN ('sent', 'failed'))"
        " OR (OLD.state = 'failed' AND NEW.state = 'claimed'))"
    )
    yield Rule(
        "delivery_steps",
        "deliveries",
        "UPDATE",
        (
            (
                steps,
                "a delivery goes from claimed to sent, failed or uncertain, from uncertain to sent or failed, "
                "from failed to claimed",
            ),
        ),
    )
    again = "(OLD.state = 'failed' AND NEW.state = 'claimed')"
    yield Rule(
        "delivery_fixed",
        "deliveries",
        "UPDATE",
        (
            (words.changed(_DELIVERY_FIXED), "a delivery stays that of its draft, contact and touch"),
            (
                f"{words.changed(_DELIVERY_CLAIM)} AND NOT {again}",
                "what was claimed (version, recipient, Message-ID, time) changes only with a new claim",
            ),
        ),
    )
    yield Rule("delivery_kept", "deliveries", "DELETE", (("true", "a delivery is never deleted"),), before=True)


def touchpoints(words: Words) -> Iterator[Rule]:
    """What may be recorded as done."""
    named = (
        "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.draft_id = NEW.message_draft_id"
        f" AND d.contact_id = NEW.contact_id AND d.channel = NEW.channel AND d.state IN {OUT})"
    )
    yield Rule(
        "touchpoint_delivery",
        "touchpoints",
        "INSERT",
        ((named, "a touchpoint names a draft only where its delivery was claimed"),),
        when="NEW.message_draft_id IS NOT NULL",
    )
    yield Rule(
        "touchpoint_by_hand",
        "touchpoints",
        "INSERT",
        (
            (f"NOT {words.by_user}", "a touchpoint without a draft comes from a person only"),
            (
                "NEW.channel NOT IN ('call', 'linkedin')",
                "a touchpoint without a draft is a call or on LinkedIn",
            ),
        ),
        when="NEW.message_draft_id IS NULL",
    )
    yield Rule(
        "touchpoint_reach",
        "touchpoints",
        "INSERT",
        _barred_by_then(words),
        # Where there is a delivery, it was claimed before the suppression: no later claim gets through.
        when="NEW.message_draft_id IS NULL",
        locks=("PERFORM 1 FROM contacts WHERE id = NEW.contact_id FOR SHARE",),
    )
    fixed = (
        f"{words.changed(['message_draft_id', 'channel'])}"
        f" OR (OLD.message_draft_id IS NOT NULL AND {words.changed(['contact_id'])})"
    )
    yield Rule(
        "touchpoint_fixed",
        "touchpoints",
        "UPDATE",
        ((fixed, "a touchpoint keeps its draft, contact and channel"),),
    )
    yield Rule(
        "touchpoint_kept",
        "touchpoints",
        "DELETE",
        (("OLD.message_draft_id IS NOT NULL", "a touchpoint of a sent message is kept"),),
        before=True,
    )


def _barred_by_then(words: Words) -> tuple[Refusal, ...]:
    """Why nothing may be recorded as done at NEW.sent_at: nobody was to contact them by then."""
    # The contact's row does not say since when; the log of its changes does.
    since = (
        "(SELECT max(l.timestamp) FROM audit_log l WHERE l.table_name = 'contacts' AND l.record_id = NEW.contact_id"
        f" AND {words.is_true('l.new_values', 'do_not_contact')}"
        f" AND (l.old_values IS NULL OR NOT {words.is_true('l.old_values', 'do_not_contact')}))"
    )
    earlier = words.before("NEW.sent_at", since)
    address = words.address("c.email")
    late = (
        "EXISTS (SELECT 1 FROM contacts c JOIN suppressions s ON"
        f" (s.kind = 'address' AND s.value = {address})"
        f" OR (s.kind = 'domain' AND {words.in_domains_of('s.value', address)})"
        f" WHERE c.id = NEW.contact_id AND NOT coalesce({words.before('NEW.sent_at', 's.created_at')}, false))"
    )
    return (
        (
            f"{contact('c.do_not_contact')} AND NOT coalesce({earlier}, false)",
            "the contact is do-not-contact; only what happened before is still recorded",
        ),
        (late, "the contact's address or domain is suppressed; only what happened before is still recorded"),
    )
