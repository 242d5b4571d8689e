"""Attacks on deliveries: claims without approval, to the wrong person, or twice."""

from __future__ import annotations

from tests.db.arena import READY, Attack, approve_sql, claim_sql, draft_sql

REVOKE = approve_sql("d_ready", decision="revoke", ordinal=2)
DNC = "UPDATE contacts SET do_not_contact = true, status = 'do_not_contact' WHERE id = 'c_open'"
BOUNCED = "UPDATE contacts SET status = 'bounced' WHERE id = 'c_open'"
MOVED = "UPDATE contacts SET email = '{0}' WHERE id = 'c_open'"

CLAIM_ATTACKS = [
    *(
        Attack(f"a delivery born {state}", claim_sql("d_ready", state=f"'{state}'"), "delivery_born")
        for state in ("sent", "failed", "uncertain")
    ),
    Attack("a claim before the draft is ready", claim_sql("d_ok"), "delivery_draft_insert"),
    *(
        Attack(f"a claim with another {column}", claim_sql("d_ready", **{column: value}), "delivery_draft_insert")
        for column, value in (("touch_number", "2"), ("touch_type", "'reply_draft'"), ("channel", "'linkedin'"))
    ),
    Attack(
        "a claim of another version",
        claim_sql("d_ready", version="2"),
        "delivery_draft_insert",
        before=(approve_sql("d_ready", version=2),),
    ),
    Attack(
        "a claim for another contact",
        claim_sql("d_ready", "c_other"),
        "delivery_draft_insert",
        before=("-delivery_approved_insert",),
    ),
    Attack(
        "a claim that leaves out its sequence",
        claim_sql("d_seq", id="'l_seq'"),
        "delivery_draft_insert",
        before=(
            "INSERT INTO outreach_sequences (id, prospect_id, contact_id, template_id, tier, total_steps)"
            " VALUES ('q', 'pro', 'c_open', 'a1-1', 'A1', 4)",
            draft_sql("d_seq", sequence_id="'q'"),
            approve_sql("d_seq"),
            READY.format("d_seq"),
        ),
    ),
    Attack(
        "a claim after the approval was revoked", claim_sql("d_ready"), "delivery_approved_insert", before=(REVOKE,)
    ),
    *(
        Attack(
            f"a claim of {draft}",
            claim_sql(draft),
            "delivery_approved_insert",
            before=("-draft_approved_update", READY.format(draft)),
        )
        for draft in ("d_plain", "d_rejected", "d_expired", "d_strange")
    ),
    Attack(
        "a claim by INSERT OR REPLACE",
        claim_sql("d_ready").replace("INSERT", "INSERT OR REPLACE"),
        "delivery_approved_insert",
        before=(REVOKE,),
        only="sqlite",
    ),
    Attack(
        "a claim by INSERT OR IGNORE",
        claim_sql("d_ready").replace("INSERT", "INSERT OR IGNORE"),
        "delivery_approved_insert",
        before=(REVOKE,),
        only="sqlite",
    ),
    Attack(
        "a claim for a contact who is do-not-contact",
        claim_sql("d_ready"),
        "delivery_reach_insert",
        before=("-contact_archives", DNC),
    ),
    Attack("a claim for an address that bounced", claim_sql("d_ready"), "delivery_reach_insert", before=(BOUNCED,)),
    *(
        Attack(
            f"a claim for {email.strip()}",
            claim_sql("d_ready", recipient=f"'{email}'"),
            "delivery_reach_insert",
            before=(MOVED.format(email),),
        )
        for email in (
            "supp@address.example",
            "SUPP@ADDRESS.EXAMPLE ",
            "y@sub.blocked.example",
            "y@a.b.sub.blocked.example",
        )
    ),
    Attack(
        "a claim to somebody else's address",
        claim_sql("d_ready", recipient="'evil@elsewhere.example'"),
        "delivery_reach_insert",
    ),
    Attack(
        "a second claim after the approval was revoked",
        "UPDATE deliveries SET state = 'claimed' WHERE id = 'l_d_failed'",
        "delivery_approved_update",
        before=(approve_sql("d_failed", decision="revoke", ordinal=2),),
    ),
    Attack(
        "a second claim once the contact is do-not-contact",
        "UPDATE deliveries SET state = 'claimed' WHERE id = 'l_d_failed'",
        "delivery_reach_update",
        before=("-contact_archives", DNC),
    ),
    Attack(
        "a second claim by a bulk update",
        "UPDATE deliveries SET state = 'claimed' WHERE state = 'failed'",
        "delivery_reach_update",
        before=(BOUNCED,),
    ),
    Attack(
        "a second claim of an archived draft",
        "UPDATE deliveries SET state = 'claimed' WHERE id = 'l_d_failed'",
        "delivery_draft_update",
        before=("UPDATE message_drafts SET approval_status = 'archived' WHERE id = 'd_failed'",),
    ),
    Attack(
        "what is uncertain, sent again",
        "UPDATE deliveries SET state = 'claimed' WHERE id = 'l_d_uncertain'",
        "delivery_steps",
    ),
    Attack("what was sent, failed", "UPDATE deliveries SET state = 'failed' WHERE id = 'l_d_sent'", "delivery_steps"),
    Attack(
        "a failed delivery given to another draft",
        "UPDATE deliveries SET draft_id = 'd_ready' WHERE id = 'l_d_failed'",
        "delivery_fixed",
    ),
    *(
        Attack(
            f"a claimed delivery gets another {column}",
            f"UPDATE deliveries SET {column} = {value} WHERE id = 'l_d_claimed'",
            "delivery_fixed",
        )
        for column, value in (
            ("recipient", "'evil@elsewhere.example'"),
            ("version", "7"),
            ("message_id", "'<other@mail.example>'"),
            ("contact_id", "'c_other'"),
            ("touch_type", "'reply_draft'"),
            ("touch_number", "3"),
        )
    ),
    Attack(
        "a claimed delivery gets another recipient by an upsert",
        claim_sql("d_ready", id="'l_d_claimed'", recipient="'evil@elsewhere.example'")
        + " ON CONFLICT (id) DO UPDATE SET recipient = excluded.recipient",
        "delivery_fixed",
    ),
    Attack("a delivery deleted", "DELETE FROM deliveries WHERE id = 'l_d_failed'", "delivery_kept", role="owner"),
    Attack(
        "a delivery replaced",
        claim_sql("d_ready", id="'l_d_sent'").replace("INSERT", "INSERT OR REPLACE"),
        "delivery_kept",
        only="sqlite",
        role="owner",
    ),
    Attack("another id", "UPDATE deliveries SET id = 'l_x' WHERE id = 'l_d_failed'", "deliveries_id_fixed"),
]

ONCE_ATTACKS = [
    Attack(
        "a second delivery of a draft",
        claim_sql("d_failed", id="'l_second'", message_id="'<second@mail.example>'"),
        "uq_deliveries_draft_id",
        without=("UNIQUE deliveries uq_deliveries_draft_id",),
    ),
    Attack(
        "a second delivery of a touch",
        claim_sql("d_seq2", sequence_id="'q'"),
        "idx_deliveries_touch",
        before=(
            "INSERT INTO outreach_sequences (id, prospect_id, contact_id, template_id, tier, total_steps)"
            " VALUES ('q', 'pro', 'c_open', 'a1-1', 'A1', 4)",
            draft_sql("d_seq", sequence_id="'q'"),
            approve_sql("d_seq"),
            READY.format("d_seq"),
            claim_sql("d_seq", sequence_id="'q'"),
            "UPDATE message_drafts SET approval_status = 'archived' WHERE id = 'd_seq'",
            draft_sql("d_seq2", sequence_id="'q'"),
            approve_sql("d_seq2"),
            READY.format("d_seq2"),
        ),
        without=("INDEX idx_deliveries_touch",),
    ),
]
