"""Checkpoints on both databases: kept, listed, deleted; and nothing in them can make code run."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any, TypedDict

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph

from graphs.checkpoints import CheckpointsDamaged, open_checkpoints, thread_ids
from tests.graphs.conftest import Bench, checkpoint_url_for
from tests.support.postgres import PostgresServer


class Small(TypedDict, total=False):
    value: Any


def graph(saver: Any, *, stop: bool = True) -> Any:
    built: StateGraph[Any] = StateGraph(Small)
    built.add_node("one", lambda state: {"value": state["value"]})
    built.add_edge(START, "one")
    built.add_edge("one", END)
    return built.compile(checkpointer=saver, interrupt_after=["one"] if stop else None)


def config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


async def test_threads_are_listed_until_they_are_deleted(bench: Bench) -> None:
    assert await thread_ids(bench.saver) == []
    for thread in ("touch:b", "run:a"):
        await graph(bench.saver).ainvoke({"value": 1}, config(thread), durability="sync")
    assert await thread_ids(bench.saver) == ["run:a", "touch:b"]
    await bench.saver.adelete_thread("run:a")
    assert await thread_ids(bench.saver) == ["touch:b"]


async def test_another_connection_reads_what_was_kept(database_url: str, tmp_path: Path) -> None:
    url = checkpoint_url_for(database_url, tmp_path)
    async with open_checkpoints(url) as saver:
        await graph(saver).ainvoke({"value": {"a": [1, None, "x"]}}, config("touch:a"), durability="sync")
    async with open_checkpoints(url) as saver:
        snapshot = await graph(saver).aget_state(config("touch:a"))
    assert snapshot.values == {"value": {"a": [1, None, "x"]}}


async def test_a_type_that_a_checkpoint_names_is_not_loaded(bench: Bench, tmp_path: Path) -> None:
    """Whoever writes into the checkpoints must not get code run by whoever reads them."""
    trace = tmp_path / "executed"
    call = ormsgpack.packb(("os", "system", (f"touch {trace}",)))  # as the library packs a type and its arguments
    hostile = ormsgpack.packb(ormsgpack.Ext(1, call))
    found = bench.saver.serde.loads_typed(("msgpack", hostile))
    assert not trace.exists()
    assert isinstance(found, list | tuple), "the arguments, as plain data"
    permissive = JsonPlusSerializer(allowed_msgpack_modules=True)
    permissive.loads_typed(("msgpack", hostile))
    assert trace.exists(), "otherwise this test shows nothing"


async def test_json_that_names_a_type_is_not_loaded_either(bench: Bench, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    hostile = (
        '{"lc": 2, "type": "constructor", "id": ["os", "system"], "method": null, '
        f'"args": ["touch {trace}"], "kwargs": {{}}}}'
    )
    try:
        found = bench.saver.serde.loads_typed(("json", hostile.encode()))
    except (ValueError, NotImplementedError):
        found = None
    assert not trace.exists()
    assert not isinstance(found, int)


async def test_the_file_is_kept_safely(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "checkpoints.db"
    async with open_checkpoints(f"sqlite:///{path}") as saver:
        cursor = await saver.conn.execute("PRAGMA synchronous")  # type: ignore[attr-defined]
        (level,) = await cursor.fetchone()
        await cursor.close()
    with sqlite3.connect(path) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    assert (level, mode) == (2, "wal")


async def test_a_file_that_is_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.db"
    path.write_text("These are not checkpoints. " * 200)
    with pytest.raises(CheckpointsDamaged, match=r"checkpoints\.db cannot be read"):
        async with open_checkpoints(f"sqlite:///{path}"):
            pass


async def test_several_may_make_the_tables_at_once(postgres_server: PostgresServer) -> None:
    """As workers do that are started together on a new database."""

    async def opened(url: str) -> None:
        async with open_checkpoints(url):
            pass

    with postgres_server.database() as url:
        await asyncio.gather(*(opened(url) for _ in range(6)))
