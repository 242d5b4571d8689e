"""Attacks on touchpoints, contacts and suppressions."""

from __future__ import annotations

from tests.db.arena import Attack, touch_sql

TOUCH_ATTACKS = [
    *(
        Attack(f"a touchpoint names {draft}", touch_sql(draft), "touchpoint_delivery")
        for draft in ("d_plain", "d_ready", "d_failed", "d_rejected")
    ),
    Attack("a touchpoint of a draft for another contact", touch_sql("d_sent", "c_other"), "touchpoint_delivery"),
    Attack(
        "a touchpoint of a draft by another channel", touch_sql("d_sent", channel="linkedin"), "touchpoint_delivery"
    ),
    Attack("a touchpoint by an agent", touch_sql(None, channel="call"), "touchpoint_by_hand"),
    Attack(
        "a touchpoint by an agent's connection in a person's name",
        touch_sql(None, channel="call"),
        "touchpoint_by_hand",
        actor="user:ann",
    ),
    Attack(
        "a touchpoint by an agent as the user's connection",
        touch_sql(None, channel="call"),
        "touchpoint_by_hand",
        role="user",
    ),
    Attack(
        "a touchpoint by email without a draft", touch_sql(None), "touchpoint_by_hand", role="user", actor="user:ann"
    ),
    *(
        Attack(
            f"a call to {contact}",
            touch_sql(None, contact, "call", "2099-01-01 00:00:00"),
            "touchpoint_reach",
            role="user",
            actor="user",
        )
        for contact in ("c_dnc", "c_supp", "c_dom")
    ),
    Attack(
        "a touchpoint gets a draft",
        "UPDATE touchpoints SET message_draft_id = 'd_ready' WHERE id = 't_call'",
        "touchpoint_fixed",
    ),
    Attack(
        "a touchpoint loses its draft",
        "UPDATE touchpoints SET message_draft_id = NULL WHERE id = 't_sent'",
        "touchpoint_fixed",
    ),
    Attack(
        "a call becomes an email", "UPDATE touchpoints SET channel = 'email' WHERE id = 't_call'", "touchpoint_fixed"
    ),
    Attack(
        "what was sent went to another",
        "UPDATE touchpoints SET contact_id = 'c_other' WHERE id = 't_sent'",
        "touchpoint_fixed",
    ),
    Attack("what was sent is deleted", "DELETE FROM touchpoints WHERE message_draft_id IS NOT NULL", "touchpoint_kept"),
    Attack(
        "what was sent is replaced",
        "INSERT OR REPLACE INTO touchpoints (id, contact_id, message_draft_id, channel)"
        " VALUES ('t_sent', 'c_open', 'd_claimed', 'email')",
        "touchpoint_kept",
        only="sqlite",
    ),
    Attack("another id", "UPDATE touchpoints SET id = 't_x' WHERE id = 't_call'", "touchpoints_id_fixed"),
]

CONTACT_ATTACKS = [
    Attack(
        "do-not-contact lifted",
        "UPDATE contacts SET do_not_contact = false, status = 'active' WHERE id = 'c_dnc'",
        "contact_lift",
    ),
    Attack(
        "do-not-contact lifted in a person's name by an agent's connection",
        "UPDATE contacts SET do_not_contact = false, status = 'active' WHERE id = 'c_dnc'",
        "contact_lift",
        actor="user:ann",
    ),
    Attack(
        "do-not-contact lifted by an upsert",
        "INSERT INTO contacts (id, account_id, prospect_id, first_name) VALUES ('c_dnc', 'acc', 'pro', 'Ann')"
        " ON CONFLICT (id) DO UPDATE SET do_not_contact = excluded.do_not_contact, status = excluded.status",
        "contact_lift",
    ),
    Attack(
        "do-not-contact lifted by a replacement",
        "INSERT OR REPLACE INTO contacts (id, account_id, prospect_id, first_name)"
        " VALUES ('c_bare', 'acc', 'pro', 'Ann')",
        "contact_gone",
        only="sqlite",
    ),
    Attack("a contact who is do-not-contact, deleted", "DELETE FROM contacts WHERE id = 'c_bare'", "contact_gone"),
    Attack("another id", "UPDATE contacts SET id = 'c_x' WHERE id = 'c_bare'", "contacts_id_fixed"),
    Attack(
        "a suppression rewritten",
        "UPDATE suppressions SET value = 'nobody@school.example' WHERE id = 's_address'",
        "suppression_fixed",
        role="user",
        actor="user",
    ),
    Attack(
        "a suppression made a domain",
        "UPDATE suppressions SET kind = 'domain', value = 'x' WHERE id = 's_address'",
        "suppression_fixed",
        role="user",
        actor="user",
    ),
    *(
        Attack(
            f"a suppression of {kind} {value!r}",
            f"INSERT INTO suppressions (kind, value) VALUES ('{kind}', '{value}')",
            "suppression_form",
        )
        for kind, value in (
            ("address", "ann@school.example "),
            ("address", "school.example"),
            ("domain", "@school.example"),
            ("domain", ".school.example"),
            ("domain", ""),
        )
    ),
    Attack(
        "another id",
        "UPDATE suppressions SET id = 's_x' WHERE id = 's_domain'",
        "suppressions_id_fixed",
        role="user",
        actor="user",
    ),
]
