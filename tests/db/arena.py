"""A database with drafts in every state, for attacks by raw SQL.

Everything happens in one transaction that is rolled back: the world is set up, an attack is tried with a role, a
trigger or another control is taken away, the same attack is tried again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from db.actors import acting_as, current_actor
from db.errors import explain
from db.gate import GatedConnection, register
from db.roles import PG_ROLES, Role

HASH = "a" * 64
READY = "UPDATE message_drafts SET approval_status = 'ready' WHERE id = '{}'"

CONTACTS = {
    # id: address, status
    "c_open": ("open@school.example", "active"),
    "c_other": ("other@school.example", "active"),
    "c_dnc": ("dnc@school.example", "do_not_contact"),
    "c_bare": ("bare@school.example", "do_not_contact"),
    "c_supp": (" Supp@Address.example", "active"),
    "c_dom": ("x@mail.sub.blocked.example", "active"),
    "c_bounced": ("bounced@school.example", "bounced"),
}

# id: contact, decision rows on version 1
DRAFTS = {
    "d_plain": ("c_open", []),
    "d_ok": ("c_open", ["approve"]),
    "d_edit": ("c_open", ["edit"]),
    "d_rejected": ("c_open", ["reject"]),
    "d_skipped": ("c_open", ["skip"]),
    "d_revoked": ("c_open", ["approve", "revoke"]),
    "d_expired": ("c_open", ["expired"]),
    "d_stale": ("c_open", ["approve"]),
    "d_strange": ("c_open", ["for c_other"]),
    "d_ready": ("c_open", ["approve"]),
    "d_claimed": ("c_open", ["approve"]),
    "d_sent": ("c_open", ["approve"]),
    "d_failed": ("c_open", ["approve"]),
    "d_uncertain": ("c_open", ["approve"]),
    "d_dnc": ("c_dnc", ["approve"]),
    "d_supp": ("c_supp", ["approve"]),
    "d_dom": ("c_dom", ["approve"]),
    "d_bounced": ("c_bounced", ["approve"]),
}


def draft_sql(draft: str, contact: str = "c_open", status: str = "draft", **more: str) -> str:
    columns = {
        "id": f"'{draft}'",
        "contact_id": f"'{contact}'",
        "channel": "'email'",
        "touch_number": "1",
        "touch_type": "'email'",
        "subject_line": "'hello'",
        "body": "'text'",
        "approval_status": f"'{status}'",
    } | more
    return f"INSERT INTO message_drafts ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def approve_sql(
    draft: str,
    contact: str = "c_open",
    decision: str = "approve",
    ordinal: int = 1,
    version: int = 1,
    expires: str = "NULL",
    by: str = "user:ann",
) -> str:
    return (
        "INSERT INTO approvals (id, draft_id, version, contact_id, content_hash, decision, decided_by, ordinal,"
        f" expires_at) VALUES ('a_{draft}_{version}_{ordinal}', '{draft}', {version}, '{contact}', '{HASH}',"
        f" '{decision}', '{by}', {ordinal}, {expires})"
    )


def claim_sql(draft: str, contact: str = "c_open", **more: str) -> str:
    columns = {
        "id": f"'l_{draft}'",
        "draft_id": f"'{draft}'",
        "version": "1",
        "contact_id": f"'{contact}'",
        "touch_number": "1",
        "touch_type": "'email'",
        "channel": "'email'",
        "recipient": f"'{CONTACTS[contact][0]}'",
        "message_id": f"'<{draft}@mail.example>'",
    } | more
    return f"INSERT INTO deliveries ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def touch_sql(draft: str | None, contact: str = "c_open", channel: str = "email", sent_at: str | None = None) -> str:
    named = "NULL" if draft is None else f"'{draft}'"
    when = "" if sent_at is None else f", '{sent_at}'"
    return (
        f"INSERT INTO touchpoints (id, contact_id, message_draft_id, channel{', sent_at' if when else ''})"
        f" VALUES ('t_new', '{contact}', {named}, '{channel}'{when})"
    )


def world() -> Iterator[str]:
    """The statements that a person could have given to come here."""
    yield "INSERT INTO accounts (id, name) VALUES ('acc', 'School')"
    yield (
        "INSERT INTO prospects (id, account_id, playbook, name, venue_type, state)"
        " VALUES ('pro', 'acc', 'sports-lighting', 'School', 'college_d3', 'OH')"
    )
    yield (
        "INSERT INTO suppressions (id, kind, value) VALUES"
        " ('s_address', 'address', 'supp@address.example'), ('s_domain', 'domain', 'sub.blocked.example')"
    )
    for contact, (email, status) in CONTACTS.items():
        yield (
            "INSERT INTO contacts (id, account_id, prospect_id, first_name, email, status, do_not_contact) VALUES"
            f" ('{contact}', 'acc', 'pro', 'Ann', '{email}', '{status}', {status == 'do_not_contact'})"
        )
    for draft, (contact, decisions) in DRAFTS.items():
        yield draft_sql(draft, contact)
        yield (
            "INSERT INTO message_versions (id, draft_id, version, body, author, reason)"
            f" VALUES ('v_{draft}', '{draft}', 1, 'text', 'agent:1', 'draft')"
        )
        for ordinal, decision in enumerate(decisions, 1):
            if decision == "expired":
                yield approve_sql(draft, contact, expires="'2020-01-01 00:00:00'")
            elif decision.startswith("for "):
                yield approve_sql(draft, decision[4:])
            else:
                yield approve_sql(draft, contact, decision, ordinal)
    yield "UPDATE message_drafts SET body = 'new text', version = 2 WHERE id = 'd_stale'"
    for draft in ("d_ready", "d_claimed", "d_sent", "d_failed", "d_uncertain"):
        yield f"UPDATE message_drafts SET approval_status = 'ready' WHERE id = '{draft}'"
    for draft in ("d_claimed", "d_sent", "d_failed", "d_uncertain"):
        yield claim_sql(draft)
    for state in ("sent", "failed", "uncertain"):
        yield f"UPDATE deliveries SET state = '{state}' WHERE draft_id = 'd_{state}'"
    yield "UPDATE message_drafts SET approval_status = 'sent' WHERE id = 'd_sent'"
    yield (
        "INSERT INTO touchpoints (id, contact_id, message_draft_id, channel, touch_number)"
        " VALUES ('t_sent', 'c_open', 'd_sent', 'email', 1)"
    )
    yield (
        "INSERT INTO experiments (id, name, variable, group_a_desc, status) VALUES"
        " ('e_runs', 'one', 'opener_style', 'career', 'active'), ('e_over', 'two', 'opener_style', 'x', 'inconclusive')"
    )
    yield (
        "INSERT INTO experiment_plans (id, experiment_id, metric, baseline, lift, alpha, power, per_group, window_days)"
        " VALUES ('p_runs', 'e_runs', 'reply', 0.06, 0.04, 0.05, 0.8, 721, 21)"
    )
    yield "INSERT INTO touchpoints (id, contact_id, channel) VALUES ('t_call', 'c_open', 'call')"


@dataclass(frozen=True)
class Attack:
    """Statements that must be refused by `control`, a trigger unless `without` says how to take it away."""

    name: str
    sql: str | Sequence[str]
    control: str
    before: Sequence[str] = ()
    """Statements of the owner or a person beforehand; `-trigger` takes one away that is not meant here."""
    role: Role = "agent"
    actor: str | None = "agent:1"
    only: str | None = None
    without: Sequence[str] = ()

    @property
    def statements(self) -> Sequence[str]:
        return (self.sql,) if isinstance(self.sql, str) else self.sql


@dataclass
class Arena:
    """One connection of the owner, which takes on roles."""

    connection: Connection
    tables: dict[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    @property
    def raw(self) -> Any:
        return self.connection.connection.dbapi_connection

    def run(self, *statements: str) -> int:
        """Runs them as the owner, acting as a person; gives the last one's count of rows."""
        with self.role("owner", "user:ann"):
            return self._run(*statements)

    def _run(self, *statements: str) -> int:
        count = 0
        for statement in statements:
            if statement.startswith("-"):
                self.drop_trigger(statement[1:])
            else:
                count = self.connection.execution_options(no_parameters=True).exec_driver_sql(statement).rowcount
        return count

    def drop_trigger(self, name: str) -> None:
        if self.dialect == "sqlite":
            self._run(f"DROP TRIGGER {name}")
            return
        table = self.connection.exec_driver_sql(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", (name,)
        ).scalar_one()
        self._run(f"DROP TRIGGER {name} ON {table}")

    @contextmanager
    def role(self, role: Role, actor: str | None) -> Iterator[None]:
        if actor is None:
            token = current_actor.set(None)
            try:
                with self._as(role, None):
                    yield
            finally:
                current_actor.reset(token)
        else:
            with acting_as(actor), self._as(role, actor):
                yield

    @contextmanager
    def _as(self, role: Role, actor: str | None) -> Iterator[None]:
        if self.dialect == "sqlite":
            raw: GatedConnection = self.raw
            register(raw, role)
            if role != "owner":
                raw.close_the_gate(role, read_only=False)
            try:
                yield
            finally:
                raw.gate = None
                raw.set_authorizer(None)
        else:
            nested = "SELECT set_config('role', %s, true), set_config('app.actor', %s, true)"
            self.connection.exec_driver_sql(nested, (PG_ROLES.get(role, "none"), actor or ""))
            try:
                yield
            finally:
                self.connection.exec_driver_sql(nested, ("none", ""))

    def attack(self, role: Role, actor: str | None, statements: Sequence[str]) -> tuple[str | None, int]:
        """Tries the statements in a savepoint: what refused them (None if nothing did), and the last one's rows."""
        with self.role(role, actor):
            savepoint = self.connection.begin_nested()
            try:
                rows = self._run(*statements)
            except DBAPIError as exc:
                savepoint.rollback()
                fault = explain(exc)
                return str(fault) if fault is not None else str(exc.orig), 0
            savepoint.rollback()
            return None, rows

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside is taken back."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
