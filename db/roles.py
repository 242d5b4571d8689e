"""What each role may not do; on PostgreSQL the database roles that say so, with their grants.

The rules stand here once, as data. SQLite keeps them with an authorizer (`db.gate`), PostgreSQL with grants.
"""

from typing import Final, Literal

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from db.errors import DatabaseFault

Role = Literal["agent", "user", "owner"]
Action = Literal["INSERT", "UPDATE", "DELETE"]

PG_ROLES: Final[dict[Role, str]] = {"agent": "outreach_agent", "user": "outreach_user"}
"""The PostgreSQL role behind each role of the application; the owner is whoever logs in."""

ACTIONS: Final[tuple[Action, ...]] = ("INSERT", "UPDATE", "DELETE")

_NOBODY: Final[dict[str, frozenset[Action]]] = {
    "audit_log": frozenset(ACTIONS),  # its rows are written by triggers alone
    "alembic_version": frozenset(ACTIONS),
    "approvals": frozenset(("UPDATE", "DELETE")),
    "message_versions": frozenset(("UPDATE", "DELETE")),
    "deliveries": frozenset(("DELETE",)),
}
_NO_AGENT: Final[dict[str, frozenset[Action]]] = {
    "approvals": frozenset(ACTIONS),
    "suppressions": frozenset(("UPDATE", "DELETE")),  # only a person lifts a suppression
}

REFUSED: Final[dict[Role, dict[str, frozenset[Action]]]] = {
    "agent": _NOBODY | _NO_AGENT,
    "user": _NOBODY,
    "owner": {},
}
"""Role → table → the statements that it is refused."""

# Roles belong to the whole cluster: two databases may make them at the same moment, so a loser must not mind.
_MAKE_ROLE: Final = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN NOINHERIT;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_JOIN_ROLE: Final = """
DO $$ BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
    WHERE r.rolname = '{role}' AND u.rolname = current_user
  ) THEN
    EXECUTE format('GRANT {role} TO %I', current_user);
  END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN NULL;
END $$
"""
_GRANTS_LOCK: Final = 4711_0001


def create_roles(connection: Connection) -> None:
    """Makes the two roles where they are missing, joins the owner to them and grants what they may do.

    Idempotent, and safe against another database of the cluster doing the same; nothing to do on SQLite.
    Call it as the owner, after the tables are made; tables made later are covered by default privileges.

    Raises:
        DatabaseFault: the login may not create roles and they are not there.
    """
    if connection.dialect.name != "postgresql":
        return
    try:
        for role in PG_ROLES.values():
            connection.execute(text(_MAKE_ROLE.format(role=role)))
            connection.execute(text(_JOIN_ROLE.format(role=role)))
    except ProgrammingError as exc:
        names = " and ".join(PG_ROLES.values())
        raise DatabaseFault(
            f"the login may not make the roles {names}: let an administrator create them "
            "and grant both to this login, then run this again"
        ) from exc
    grant(connection)


def grant(connection: Connection) -> None:
    """Grants both roles what they may do on every table of schema public, and takes back what they may not."""
    if connection.dialect.name != "postgresql":
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _GRANTS_LOCK})
    both = ", ".join(PG_ROLES.values())
    everything = "SELECT, INSERT, UPDATE, DELETE"
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {both}",
        f"GRANT {everything} ON ALL TABLES IN SCHEMA public TO {both}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {both}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {everything} ON TABLES TO {both}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {both}",
    ]
    there = set(
        connection.execute(text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
        .scalars()
        .all()
    )
    for role, name in PG_ROLES.items():
        for table, actions in REFUSED[role].items():
            if table in there:
                statements.append(f"REVOKE {', '.join(sorted(actions))}, TRUNCATE ON {table} FROM {name}")
    for statement in statements:
        connection.execute(text(statement))


_POWERS: Final = """
SELECT session_user::text AS login, r.rolsuper, r.rolcreaterole, r.rolbypassrls,
  EXISTS (
    SELECT FROM pg_class c WHERE c.relname = 'audit_log' AND c.relnamespace = 'public'::regnamespace
      AND pg_has_role(session_user, c.relowner, 'MEMBER')
  ) AS owns
FROM pg_roles r WHERE r.rolname = session_user
"""


def login_powers(connection: Connection) -> tuple[str, list[str]]:
    """The login of a PostgreSQL connection, and what it may do once it takes our role off; nothing is as it should be.

    The roles bind whoever cannot leave them: an owner of the tables, or a superuser, may drop any trigger.
    """
    row = connection.execute(text(_POWERS)).one()
    found = {
        "is a superuser": row.rolsuper,
        "owns the tables": row.owns and not row.rolsuper,
        "may make roles": row.rolcreaterole and not row.rolsuper,
        "passes row security": row.rolbypassrls and not row.rolsuper,
    }
    return row.login, [power for power, has in found.items() if has]
