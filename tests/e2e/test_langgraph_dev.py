"""The real server of `langgraph dev`, where the extra `serve` is installed: a run, its approval, who may read it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from db.models import AgentRun, Delivery
from tests.e2e.conftest import MakeOffice, Office
from tests.support.world import run_problems

pytest.importorskip("langgraph_api", reason="the extra `serve` is not installed")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 120


@pytest.fixture
def office(make_office: MakeOffice, sqlite_url: str) -> Office:
    made = make_office(sqlite_url, colleges=1, user="dana")
    made.run(limit=0)
    return made


@pytest.fixture
def server(office: Office, tmp_path: Path) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LANGSMITH_", "LANGCHAIN_"))},
        "PYTHONPATH": str(ROOT),
        "OUTREACH_HOME": str(office.settings.home),
        "OUTREACH_DATABASE_URL": office.settings.database_url,
        "OUTREACH_MODEL": "rules",
        "OUTREACH_USER": "dana",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGGRAPH_NO_VERSION_CHECK": "1",
    }
    # The server keeps its threads in a folder of the one that it is started in.
    given = json.loads((ROOT / "langgraph.json").read_text())
    given["graphs"]["contact"]["path"] = str(ROOT / "outreach" / "serving.py") + ":contact"
    given["dependencies"] = [str(ROOT)]
    (tmp_path / "langgraph.json").write_text(json.dumps(given))
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload", "--port", str(port)]
    with (tmp_path / "dev.log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            until = time.monotonic() + PATIENCE_S
            while not _answers(client):
                assert process.poll() is None, (tmp_path / "dev.log").read_text()[-3000:]
                assert time.monotonic() < until
                time.sleep(0.2)
            yield client
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/ok").status_code == 200
    except httpx.TransportError:
        return False


def run(server: httpx.Client, thread_id: str, **given: Any) -> dict[str, Any]:
    answer = server.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "contact", **given})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert "__error__" not in found, found
    return found


@pytest.mark.slow
def test_a_run_its_approval_and_who_may_read_it(office: Office, server: httpx.Client) -> None:
    assert [found["graph_id"] for found in server.post("/assistants/search", json={}).json()] == ["contact"]
    thread_id = server.post("/threads", json={}).json()["thread_id"]
    shown = run(server, thread_id, input={})["__interrupt__"][0]["value"]["action_requests"][0]["args"]

    refused = run(server, thread_id, command={"resume": {"decisions": [{"type": "approve"}]}})
    assert "needs a reason" in refused["__interrupt__"][0]["value"]["description"]

    action = {"action": "send_message", "args": {**{k: str(v) for k, v in shown.items()}, "reason": "on their page"}}
    done = run(server, thread_id, command={"resume": [{"type": "accept", "args": action}]})
    assert done["outcome"] == "ready"

    assert office.read(run_problems) == []
    steps = office.read(
        lambda session: dict(
            tuple(row)
            for row in session.execute(
                select(AgentRun.run_type, func.count())
                .where(AgentRun.thread_id == thread_id)
                .group_by(AgentRun.run_type)
            )
        )
    )
    assert {"orchestrate", "research", "draft", "qc", "approval", "dispatch"} <= set(steps)
    assert office.read(lambda session: session.scalar(select(func.count()).select_from(Delivery))) == 0

    # A page of another origin that is open in the same browser may not read what waits here.
    for origin, allowed in (("https://smith.langchain.com", True), ("https://elsewhere.example", False)):
        answer = server.get(f"/threads/{thread_id}", headers={"Origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
