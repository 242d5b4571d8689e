"""What several tests of the tools begin with."""

from collections.abc import Iterator

import pytest

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
