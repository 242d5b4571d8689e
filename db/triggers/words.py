"""The few words that the two databases' SQL says differently, so that each rule is written once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from db.roles import PG_ROLES

_USER: Final = "({actor} = 'user' OR substr({actor}, 1, 5) = 'user:')"


@dataclass(frozen=True)
class Words:
    """SQL fragments of one database; every method takes and gives SQL expressions."""

    dialect: str

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite; otherwise it is PostgreSQL."""
        return self.dialect == "sqlite"

    def differ(self, left: str, right: str) -> str:
        """Not equal, NULL being a value like others."""
        return f"{left} {'IS NOT' if self.sqlite else 'IS DISTINCT FROM'} {right}"

    def same(self, left: str, right: str) -> str:
        """Equal, NULL being a value like others."""
        return f"{left} {'IS' if self.sqlite else 'IS NOT DISTINCT FROM'} {right}"

    def changed(self, columns: Iterable[str]) -> str:
        """Any of the columns of an updated row has another value."""
        return "(" + " OR ".join(self.differ(f"NEW.{column}", f"OLD.{column}") for column in columns) + ")"

    def address(self, text: str) -> str:
        """An address as suppressions have it: trimmed, in lower case."""
        return f"address({text})" if self.sqlite else f"lower(btrim({text}, E' \\t\\r\\n'))"

    def in_domains_of(self, value: str, email: str) -> str:
        """`value` is the domain of an address or a parent of it."""
        if self.sqlite:
            # Not json_each: a virtual table asks the gate for leave to declare its columns.
            return f"instr(email_domains({email}), json_quote({value})) > 0"
        return f"{value} = ANY (outreach_email_domains({email}))"

    def ahead(self, time: str) -> str:
        """A time is still to come."""
        return f"julianday({time}) > julianday('now')" if self.sqlite else f"{time} > clock_timestamp()"

    def before(self, left: str, right: str) -> str:
        """One time lies before the other; SQLite keeps times in more than one notation."""
        return f"julianday({left}) < julianday({right})" if self.sqlite else f"{left} < {right}"

    def is_true(self, row: str, key: str) -> str:
        """A boolean in a row that the audit log keeps as JSON."""
        return f"json_extract({row}, '$.{key}') = 1" if self.sqlite else f"{row} ->> '{key}' = 'true'"

    @property
    def by_user(self) -> str:
        """A person writes, on a connection that is not an agent's."""
        if self.sqlite:
            return f"(connection_role() <> 'agent' AND {_USER.format(actor='actor()')})"
        actor = "coalesce(current_setting('app.actor', true), '')"
        return f"(current_user <> '{PG_ROLES['agent']}' AND {_USER.format(actor=actor)})"


def quoted(sentence: str) -> str:
    """A sentence as an SQL literal."""
    return "'" + sentence.replace("'", "''") + "'"
