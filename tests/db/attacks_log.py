"""Attacks on approvals and on the audit log."""

from __future__ import annotations

from tests.db.arena import Attack, approve_sql

_DECIDE = approve_sql("d_plain")
APPROVAL_ATTACKS = [
    *(
        Attack(
            f"{table}: {name}",
            sql.format(table, "record_id" if table == "audit_log" else "id"),
            f"{table}_no_{word}",
            role="owner",
            actor="user",
        )
        for table in ("audit_log", "approvals", "message_versions", "experiment_plans")
        for name, word, sql in (
            ("an update", "update", "UPDATE {0} SET {1} = {1}"),
            ("a deletion", "delete", "DELETE FROM {}"),
        )
    ),
    *(
        Attack(
            name,
            sql,
            f"{table}_no_{word}",
            before=(f"-{table}_no_delete",) if "OR REPLACE" in sql and word == "update" else (),
            role="owner",
            actor="user",
            only=only,
        )
        for table, word, only, name, sql in (
            (
                "approvals",
                "update",
                None,
                "a decision rewritten",
                "UPDATE approvals SET decision = 'approve' WHERE draft_id = 'd_rejected'",
            ),
            (
                "approvals",
                "update",
                None,
                "a decision given to another draft",
                "UPDATE approvals SET draft_id = 'd_plain' WHERE draft_id = 'd_ok'",
            ),
            (
                "approvals",
                "update",
                None,
                "a decision that never expires",
                "UPDATE approvals SET expires_at = NULL WHERE draft_id = 'd_expired'",
            ),
            (
                "approvals",
                "update",
                "sqlite",
                "a decision rewritten by UPDATE OR REPLACE",
                "UPDATE OR REPLACE approvals SET ordinal = 1 WHERE draft_id = 'd_revoked' AND ordinal = 2",
            ),
            (
                "approvals",
                "update",
                None,
                "a decision rewritten by an upsert",
                approve_sql("d_rejected")
                + " ON CONFLICT (draft_id, version, ordinal) DO UPDATE SET decision = 'approve'",
            ),
            ("approvals", "delete", None, "a revocation deleted", "DELETE FROM approvals WHERE decision = 'revoke'"),
            (
                "approvals",
                "delete",
                "sqlite",
                "a decision replaced",
                approve_sql("d_rejected").replace("INSERT", "INSERT OR REPLACE"),
            ),
            (
                "message_versions",
                "delete",
                "sqlite",
                "a version replaced",
                "REPLACE INTO message_versions (id, draft_id, version, body, author, reason)"
                " VALUES ('v_d_sent', 'd_sent', 1, 'evil', 'agent:1', 'draft')",
            ),
            (
                "audit_log",
                "update",
                None,
                "who did it",
                "UPDATE audit_log SET changed_by = 'user:bob' WHERE table_name = 'approvals'",
            ),
            (
                "audit_log",
                "delete",
                None,
                "by a CTE",
                "WITH x AS (SELECT max(id) AS id FROM audit_log) DELETE FROM audit_log WHERE id IN (SELECT id FROM x)",
            ),
            (
                "audit_log",
                "delete",
                "sqlite",
                "replaced",
                "INSERT OR REPLACE INTO audit_log (id, table_name, record_id, action, changed_by)"
                " VALUES (1, 'accounts', 'acc', 'insert', 'user:bob')",
            ),
            (
                "audit_log",
                "delete",
                "postgresql",
                "by a CTE that writes",
                "WITH x AS (DELETE FROM audit_log RETURNING id) SELECT count(*) FROM x",
            ),
            (
                "audit_log",
                "update",
                "postgresql",
                "changed while sealed",
                "UPDATE audit_log SET seal_no = id, prev_hash = 'x', hash = 'y', changed_by = 'user:bob' WHERE id = 1",
            ),
            (
                "audit_log",
                "update",
                "postgresql",
                "by MERGE",
                "MERGE INTO audit_log a USING (SELECT 1 AS id) s ON s.id = a.id"
                " WHEN MATCHED THEN UPDATE SET changed_by = 'user:bob'",
            ),
            ("audit_log", "truncate", "postgresql", "TRUNCATE", "TRUNCATE audit_log"),
            ("approvals", "truncate", "postgresql", "TRUNCATE", "TRUNCATE approvals"),
            ("message_versions", "truncate", "postgresql", "TRUNCATE", "TRUNCATE message_versions"),
            ("suppressions", "truncate", "postgresql", "TRUNCATE", "TRUNCATE suppressions"),
        )
    ),
    Attack(
        "triggers off for the session",
        ("SET LOCAL session_replication_role = replica", "DELETE FROM approvals WHERE decision = 'revoke'"),
        "approvals_no_delete",
        role="owner",
        only="postgresql",
    ),
    Attack("an approval by an agent", _DECIDE, "approval_by_user", role="owner"),
    Attack("an approval by an agent as the user's connection", _DECIDE, "approval_by_user", role="user"),
    Attack(
        "an approval out of turn", approve_sql("d_revoked", ordinal=9), "approval_ordinal", role="user", actor="user"
    ),
    Attack(
        "an approval ahead of a later decision",
        approve_sql("d_plain", ordinal=2),
        "approval_ordinal",
        role="user",
        actor="user",
    ),
    *(
        Attack(
            f"decided by {by}",
            approve_sql("d_plain", by=by),
            "ck_approvals_decided_by",
            role="owner",
            actor="user",
            without=("CHECK approvals ck_approvals_decided_by",),
        )
        for by in ("agent:1", "username", "")
    ),
]

AUDIT_ATTACKS = [
    *(
        Attack(f"nobody: {sql.split()[0]} {table}", sql, f"audit_{table}_{event}", role="agent", actor=None)
        for table, event, sql in (
            ("accounts", "insert", "INSERT INTO accounts (id, name) VALUES ('acc2', 'Two')"),
            ("accounts", "update", "UPDATE accounts SET name = 'Three'"),
            ("accounts", "insert", "INSERT INTO accounts (id, name) SELECT id || '2', name FROM accounts"),
            ("touchpoints", "delete", "DELETE FROM touchpoints WHERE id = 't_call'"),
            ("contacts", "update", "UPDATE contacts SET notes = 'x' WHERE id = 'c_open'"),
        )
    ),
    Attack(
        "nobody: OR IGNORE",
        "INSERT OR IGNORE INTO accounts (id, name) VALUES ('acc2', 'Two')",
        "audit_accounts_insert",
        actor=None,
        only="sqlite",
    ),
    Attack(
        "nobody: UPDATE OR IGNORE",
        "UPDATE OR IGNORE accounts SET name = 'Three'",
        "audit_accounts_update",
        actor=None,
        only="sqlite",
    ),
]

EXPERIMENT_ATTACKS = [
    Attack(
        "a running test that tests something else",
        "UPDATE experiments SET group_a_desc = 'metric' WHERE id = 'e_runs'",
        "experiment_fixed",
        actor="user",
        role="user",
    ),
    Attack(
        "a winner after the end",
        "UPDATE experiments SET status = 'completed', winner = 'A' WHERE id = 'e_over'",
        "experiment_ended",
        actor="user",
        role="user",
    ),
]
