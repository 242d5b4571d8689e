"""Attacks on drafts: to become ready or sent without approval, or to change under one."""

from __future__ import annotations

from tests.db.arena import READY, Attack, approve_sql, draft_sql

TRIGGER = "message_drafts SET approval_status = 'ready' WHERE"

READY_ATTACKS = [
    *(
        Attack(f"{draft} becomes ready", READY.format(draft), "draft_approved_update")
        for draft in ("d_plain", "d_rejected", "d_skipped", "d_revoked", "d_expired", "d_stale", "d_strange")
    ),
    Attack(
        "all at once",
        f"UPDATE {TRIGGER} contact_id = 'c_open' AND approval_status = 'draft'",
        "draft_approved_update",
    ),
    Attack(
        "by a subquery",
        f"UPDATE {TRIGGER} id IN (SELECT id FROM message_drafts WHERE id LIKE 'd_plai%')",
        "draft_approved_update",
    ),
    Attack(
        "by a CTE",
        f"WITH x AS (SELECT id FROM message_drafts WHERE id = 'd_plain') UPDATE {TRIGGER} id IN (SELECT id FROM x)",
        "draft_approved_update",
    ),
    Attack(
        "by a CTE that writes",
        f"WITH x AS (UPDATE {TRIGGER} id = 'd_plain' RETURNING id) SELECT count(*) FROM x",
        "draft_approved_update",
        only="postgresql",
    ),
    Attack(
        "by UPDATE FROM",
        "UPDATE message_drafts SET approval_status = 'ready' FROM contacts"
        " WHERE contacts.id = contact_id AND message_drafts.id = 'd_plain'",
        "draft_approved_update",
    ),
    *(
        Attack(
            f"by UPDATE OR {word}", f"UPDATE OR {word} {TRIGGER} id = 'd_plain'", "draft_approved_update", only="sqlite"
        )
        for word in ("IGNORE", "REPLACE", "FAIL", "ABORT")
    ),
    Attack(
        "by an upsert",
        draft_sql("d_plain") + " ON CONFLICT (id) DO UPDATE SET approval_status = 'ready'",
        "draft_approved_update",
    ),
    Attack(
        "by MERGE",
        "MERGE INTO message_drafts d USING (SELECT 'd_plain' AS id) s ON s.id = d.id"
        " WHEN MATCHED THEN UPDATE SET approval_status = 'ready'",
        "draft_approved_update",
        only="postgresql",
    ),
    Attack("born ready", draft_sql("d_new", status="ready"), "draft_approved_insert"),
    Attack(
        "born ready by INSERT SELECT",
        "INSERT INTO message_drafts (id, contact_id, channel, touch_number, touch_type, body, approval_status)"
        " SELECT 'd_new', contact_id, channel, touch_number, touch_type, body, 'ready' FROM message_drafts"
        " WHERE id = 'd_ok'",
        "draft_approved_insert",
    ),
    *(
        Attack(
            f"born ready by INSERT OR {word}",
            draft_sql("d_plain" if word == "REPLACE" else "d_new", status="ready").replace(
                "INSERT", f"INSERT OR {word}"
            ),
            "draft_approved_insert",
            before=("-message_versions_no_delete", "DELETE FROM message_versions WHERE draft_id = 'd_plain'"),
            only="sqlite",
        )
        for word in ("REPLACE", "IGNORE")
    ),
    *(
        Attack(f"{draft} becomes ready", READY.format(draft), "draft_reach_update")
        for draft in ("d_dnc", "d_supp", "d_dom", "d_bounced")
    ),
    Attack(
        "ready for a deleted contact",
        READY.format("d_ok"),
        "draft_reach_update",
        before=("UPDATE contacts SET deleted_at = CURRENT_TIMESTAMP WHERE id = 'c_open'",),
    ),
    *(
        Attack(
            f"born ready for {contact}",
            draft_sql("d_new", contact, "ready"),
            "draft_reach_insert",
            before=("-draft_approved_insert",),
        )
        for contact in ("c_dnc", "c_supp", "c_dom", "c_bounced")
    ),
    Attack(
        "a ready draft moved to a suppressed contact",
        "UPDATE message_drafts SET contact_id = 'c_supp', version = 2 WHERE id = 'd_ready'",
        "draft_reach_update",
        before=("-draft_approved_update", "-draft_again"),
    ),
]

DRAFT_ATTACKS = [
    *(
        Attack(
            f"{draft} becomes sent",
            f"UPDATE message_drafts SET approval_status = 'sent' WHERE id = '{draft}'",
            "draft_sent_update",
        )
        for draft in ("d_plain", "d_ok", "d_ready", "d_failed", "d_dnc", "d_rejected")
    ),
    Attack("born sent", draft_sql("d_new", status="sent"), "draft_sent_insert"),
    Attack(
        "new text under an old approval",
        "UPDATE message_drafts SET body = 'evil' WHERE id = 'd_ok'",
        "draft_version",
    ),
    *(
        Attack(
            f"another {column} under an old approval",
            f"UPDATE message_drafts SET {column} = {value} WHERE id = 'd_ok'",
            "draft_version",
        )
        for column, value in (
            ("subject_line", "NULL"),
            ("channel", "'linkedin'"),
            ("contact_id", "'c_other'"),
            ("touch_type", "'reply_draft'"),
            ("touch_number", "2"),
        )
    ),
    Attack(
        "new text by a bulk update",
        "UPDATE message_drafts SET body = body || ' PS' WHERE id IN ('d_ok', 'd_edit')",
        "draft_version",
    ),
    Attack(
        "new text by an upsert",
        draft_sql("d_ok", body="'evil'") + " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        "draft_version",
    ),
    Attack(
        "there and back: new text as version 2, then version 1 again",
        (
            "UPDATE message_drafts SET body = 'evil', version = 2 WHERE id = 'd_ok'",
            "UPDATE message_drafts SET version = 1, approval_status = 'ready' WHERE id = 'd_ok'",
        ),
        "draft_version",
    ),
    Attack(
        "new text stays ready",
        "UPDATE message_drafts SET body = 'evil', version = 2 WHERE id = 'd_ready'",
        "draft_again",
        before=(approve_sql("d_ready", version=2),),
    ),
    Attack(
        "a version that nobody approved stays ready",
        "UPDATE message_drafts SET version = 2 WHERE id = 'd_ready'",
        "draft_approved_update",
    ),
    *(
        Attack(
            f"new text of what is {state}",
            f"UPDATE message_drafts SET body = 'evil', version = 2, approval_status = 'draft' WHERE id = 'd_{state}'",
            "draft_frozen",
        )
        for state in ("claimed", "uncertain")
    ),
    Attack(
        "new text of what was sent",
        "UPDATE message_drafts SET body = 'evil', version = 2, approval_status = 'archived' WHERE id = 'd_sent'",
        "draft_frozen",
    ),
    Attack(
        "new text of what was sent, archived first",
        (
            "UPDATE message_drafts SET approval_status = 'archived' WHERE id = 'd_sent'",
            "UPDATE message_drafts SET body = 'evil', version = 2 WHERE id = 'd_sent'",
        ),
        "draft_frozen",
    ),
    Attack(
        "what was sent is a draft again",
        "UPDATE message_drafts SET approval_status = 'draft' WHERE id = 'd_sent'",
        "draft_frozen",
    ),
    Attack(
        "what was sent went to somebody else",
        "UPDATE message_drafts SET contact_id = 'c_other', version = 2, approval_status = 'archived'"
        " WHERE id = 'd_sent'",
        "draft_frozen",
    ),
    Attack(
        "what was sent, replaced",
        draft_sql("d_sent", body="'evil'").replace("INSERT", "INSERT OR REPLACE"),
        "draft_kept",
        only="sqlite",
    ),
    Attack(
        "what was approved, replaced under the same id",
        draft_sql("d_ok", body="'evil'").replace("INSERT", "REPLACE"),
        "draft_kept",
        only="sqlite",
    ),
    Attack(
        "another id",
        "UPDATE message_drafts SET id = 'd_elsewhere' WHERE id = 'd_new'",
        "message_drafts_id_fixed",
        before=(draft_sql("d_new"),),
    ),
]
