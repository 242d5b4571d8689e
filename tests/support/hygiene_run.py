"""A run of hygiene, in whose name tests change records."""

from typing import Any

from db.access import Database
from tests.support.rows import make_prospect

RUN = "c" * 32
"""The id of its row; the fixture `db` of tests/tools acts as this run."""


def college(db: Database, **values: Any) -> str:
    """A D3 college of Ohio, unless told otherwise; its id."""
    return db.write_sync(lambda s: str(make_prospect(s, **values).id))
