"""Who changes the database: a context variable that both databases' audit triggers read.

An actor is `user` or `user:NAME` for a person at the command line, `agent:{run_id}` for an agent's run.
Without one, every write is refused by the database itself.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

USER: Final = "user"
ACTOR_PATTERN: Final = r"^(user|user:[^\s:].*|agent:[^\s:].*)$"
"""What an actor looks like, in a form that Python and PostgreSQL read alike."""

_ACTOR = re.compile(ACTOR_PATTERN)

current_actor: ContextVar[str | None] = ContextVar("outreach_actor", default=None)


def is_actor(value: str | None) -> bool:
    """Whether `value` names a person or an agent's run."""
    return value is not None and _ACTOR.fullmatch(value) is not None


def is_user(value: str | None) -> bool:
    """Whether `value` names a person."""
    return is_actor(value) and value is not None and not value.startswith("agent:")


def user(name: str | None = None) -> str:
    """The actor of a person; `name` is who it is, where that is known."""
    return f"{USER}:{name}" if name else USER


def agent(run_id: str) -> str:
    """The actor of an agent's run (`agent_runs.id`)."""
    return f"agent:{run_id}"


@contextmanager
def acting_as(actor: str) -> Iterator[str]:
    """Makes `actor` the one who changes what is written inside the block.

    Raises:
        ValueError: `actor` is none of `user`, `user:NAME`, `agent:{run_id}`.
    """
    if not is_actor(actor):
        raise ValueError(f"{actor!r} is no actor: it must be 'user', 'user:NAME' or 'agent:RUN_ID'")
    token = current_actor.set(actor)
    try:
        yield actor
    finally:
        current_actor.reset(token)
