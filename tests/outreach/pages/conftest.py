"""Batches read from both databases."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.queries.batches import find_batch
from outreach.pages.batch_data import BatchData, read_batch

Reading = Callable[[Callable[[Session], Any], str, Callable[[BatchData], Any]], tuple[Any, Any]]


@pytest.fixture
def reading(database_url: str) -> Iterator[Reading]:
    """`reading(fill, "3", fn)` fills the database and gives what that returned, and what `fn` makes of the batch."""
    with Database(database_url, "user") as database, acting_as("user:test"):

        def read(fill: Callable[[Session], Any], told: str, fn: Callable[[BatchData], Any]) -> tuple[Any, Any]:
            filled = database.write_sync(fill)
            return filled, database.read_sync(lambda s: fn(read_batch(s, find_batch(s, told))))

        yield read
