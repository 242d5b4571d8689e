"""The triggers that write audit_log: every insert, update and delete of every other table.

Old and new row are kept as JSON, JSON columns within them as JSON. Large columns (`DIGESTED`) are kept as the
SHA-256 of their value: the log stays small, and the chain still covers them.
"""

# ruff: noqa: S608 (the SQL is made from the models, nothing of it is input)

from collections.abc import Iterator
from typing import Final

from sqlalchemy import JSON, MetaData, Table

from db.actors import ACTOR_PATTERN
from db.audit import GENESIS, POSTGRESQL_TIME

DIGESTED: Final[dict[str, tuple[str, ...]]] = {
    "agent_runs": ("inputs", "outputs", "decisions", "error_traceback"),
    "external_ids": ("payload",),
    "inbound_messages": ("raw",),
}

NO_ACTOR: Final = "nobody is named as the one who writes; write inside acting_as(...)"

SEAL_LOCK: Final = 4711_0003

_MOST_COLUMNS: Final = 63
"""json_object takes 127 arguments at most on SQLite as it is usually built."""


def audited(metadata: MetaData) -> list[Table]:
    """The tables whose changes are logged: all but the log itself."""
    return [table for table in metadata.sorted_tables if table.name != "audit_log"]


def _sqlite_row(table: Table, row: str) -> str:
    if len(table.columns) > _MOST_COLUMNS:
        raise ValueError(f"{table.name} has too many columns for one json_object")
    pairs = []
    for column in table.columns:
        value = f'{row}."{column.name}"'
        if column.name in DIGESTED.get(table.name, ()):
            value = f"digest({value})"
        elif isinstance(column.type, JSON):
            value = f"json({value})"
        pairs.append(f"'{column.name}', {value}")
    return f"json_object({', '.join(pairs)})"


def sqlite_triggers(metadata: MetaData) -> Iterator[tuple[str, str]]:
    """Name and text of the audit triggers on SQLite; a row is sealed as it is written."""
    for table in audited(metadata):
        old, new = _sqlite_row(table, "OLD"), _sqlite_row(table, "NEW")
        cases = (("INSERT", "NEW", "NULL", new), ("UPDATE", "OLD", old, new), ("DELETE", "OLD", old, "NULL"))
        for event, row, before, after in cases:
            action = event.lower()
            name = f"audit_{table.name}_{action}"
            yield (
                name,
                f"CREATE TRIGGER {name} AFTER {event} ON {table.name} BEGIN\n"
                # Said first and aloud: INSERT OR IGNORE would pass over a NOT NULL of the log.
                f"  SELECT RAISE(ABORT, 'outreach: {NO_ACTOR}') WHERE actor() IS NULL;\n"
                "  INSERT INTO audit_log (id, table_name, record_id, action, changed_by, old_values, new_values,"
                " timestamp, seal_no, prev_hash, hash)\n"
                f"  SELECT n, '{table.name}', record, '{action}', who, before, after, at, n, prev,\n"
                f"    chain_hash(prev, n, n, '{table.name}', record, '{action}', who, at, before, after)\n"
                "  FROM (SELECT coalesce(max(id), 0) + 1 AS n,"
                f" coalesce(hash, '{GENESIS}') AS prev FROM audit_log) AS chain,\n"
                # LIMIT keeps SQLite from working the row out twice.
                f"    (SELECT {row}.id AS record, actor() AS who,"
                " strftime('%Y-%m-%d %H:%M:%f', 'now') || '000' AS at,\n"
                f"      {before} AS before,\n      {after} AS after LIMIT 1) AS change;\nEND",
            )


def postgresql_triggers(metadata: MetaData) -> Iterator[tuple[str, str, str]]:
    """Name, table and text of the audit triggers on PostgreSQL, and of those that refuse TRUNCATE."""
    for table in audited(metadata):
        digested = ", ".join(f"'{column}'" for column in DIGESTED.get(table.name, ()))
        name = f"audit_{table.name}"
        yield (
            name,
            table.name,
            f"CREATE TRIGGER {name} AFTER INSERT OR DELETE OR UPDATE ON public.{table.name}"
            f" FOR EACH ROW EXECUTE FUNCTION outreach_audit_row({digested})",
        )
    for table in metadata.sorted_tables:
        name = f"{table.name}_no_truncate"
        yield (
            name,
            table.name,
            f"CREATE TRIGGER {name} BEFORE TRUNCATE ON public.{table.name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION outreach_no_truncate()",
        )


_PG_AUDIT_ROW: Final = f"""
DECLARE
  who text := current_setting('app.actor', true);
  record text;
  before jsonb;
  after jsonb;
  large text;
BEGIN
  IF who IS NULL OR who !~ '{ACTOR_PATTERN}' THEN
    RAISE EXCEPTION 'outreach: {NO_ACTOR}' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD); record := OLD.id; END IF;
  IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW); record := coalesce(record, NEW.id); END IF;
  FOREACH large IN ARRAY coalesce(TG_ARGV, '{{}}'::text[]) LOOP
    IF before ->> large IS NOT NULL THEN
      before := before || jsonb_build_object(
        large, 'sha256:' || encode(sha256(convert_to(before ->> large, 'UTF8')), 'hex'));
    END IF;
    IF after ->> large IS NOT NULL THEN
      after := after || jsonb_build_object(
        large, 'sha256:' || encode(sha256(convert_to(after ->> large, 'UTF8')), 'hex'));
    END IF;
  END LOOP;
  INSERT INTO audit_log (table_name, record_id, action, changed_by, old_values, new_values, timestamp)
  VALUES (TG_TABLE_NAME, record, lower(TG_OP), who, before, after, clock_timestamp());
  RETURN NULL;
END
"""

_PG_SEAL: Final = f"""
DECLARE
  row record;
  n bigint;
  prev text;
  sealed text;
  done integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock({SEAL_LOCK});
  SELECT seal_no, hash INTO n, prev FROM audit_log WHERE seal_no IS NOT NULL ORDER BY seal_no DESC LIMIT 1;
  n := coalesce(n, 0);
  prev := coalesce(prev, '{GENESIS}');
  FOR row IN
    SELECT id, table_name, record_id, action, changed_by, {POSTGRESQL_TIME} AS at,
      old_values::text AS before, new_values::text AS after
    FROM audit_log WHERE seal_no IS NULL ORDER BY id LIMIT batch
  LOOP
    n := n + 1;
    sealed := encode(sha256(convert_to(concat_ws(',', outreach_part(prev), outreach_part(n::text),
      outreach_part(row.id::text), outreach_part(row.table_name), outreach_part(row.record_id),
      outreach_part(row.action), outreach_part(row.changed_by), outreach_part(row.at),
      outreach_part(row.before), outreach_part(row.after)), 'UTF8')), 'hex');
    UPDATE audit_log SET seal_no = n, prev_hash = prev, hash = sealed WHERE id = row.id;
    prev := sealed;
    done := done + 1;
  END LOOP;
  RETURN done;
END
"""

_PG_NO_TRUNCATE: Final = """
BEGIN
  RAISE EXCEPTION 'outreach: TRUNCATE leaves no trace in the audit log; delete the rows instead'
    USING ERRCODE = 'check_violation';
END
"""

_PG_DOMAINS: Final = """
  SELECT array_agg(array_to_string(host.parts[i:], '.'))
  FROM (SELECT string_to_array(regexp_replace(address, '^.*@', ''), '.') AS parts) AS host,
    generate_subscripts(host.parts, 1) AS i
"""

_PATH: Final = "SET search_path TO 'public', 'pg_temp'"


def plpgsql(name: str, body: str, *, returns: str = "trigger", arguments: str = "", definer: bool = False) -> str:
    """A function of ours. Its search path is fixed, so that a temporary table of the caller's cannot stand in."""
    security = "SECURITY DEFINER " if definer else ""
    return (
        f"CREATE FUNCTION public.{name}({arguments}) RETURNS {returns} LANGUAGE plpgsql {security}{_PATH}"
        f" AS $outreach${body}$outreach$"
    )


def postgresql_functions() -> Iterator[tuple[str, str]]:
    """Name and text of the functions behind the audit triggers and the seal, in the order of their need."""
    yield (
        "outreach_email_domains",
        "CREATE FUNCTION public.outreach_email_domains(address text) RETURNS text[] LANGUAGE sql IMMUTABLE"
        f" {_PATH} AS $outreach${_PG_DOMAINS}$outreach$",
    )
    yield (
        "outreach_part",
        "CREATE FUNCTION public.outreach_part(value text) RETURNS text LANGUAGE sql IMMUTABLE"
        " AS $outreach$SELECT coalesce(char_length(value) || ':' || value, '-')$outreach$",
    )
    # The roles may not write the log themselves: the function writes as its owner.
    audit_row = plpgsql("outreach_audit_row", _PG_AUDIT_ROW, definer=True)
    # Times read the same whatever zone the session is in.
    yield "outreach_audit_row", audit_row.replace(_PATH, f"{_PATH} SET timezone TO 'UTC'")
    yield "outreach_no_truncate", plpgsql("outreach_no_truncate", _PG_NO_TRUNCATE)
    yield (
        "outreach_seal",
        plpgsql("outreach_seal", _PG_SEAL, returns="integer", arguments="batch integer", definer=True),
    )
