"""What several tests of the tools begin with."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun
from tests.support.hygiene_run import RUN


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A fresh database, as a run of hygiene sees it."""
    with Database(database_url) as database, acting_as(f"agent:{RUN}"):
        database.write_sync(lambda s: s.add(AgentRun(id=RUN, run_type="hygiene", agent_name="hygiene")))
        yield database


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The statements that are sent to any database, as they are sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)
