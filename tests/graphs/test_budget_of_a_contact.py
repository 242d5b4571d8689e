"""What one contact's message may take: past it that contact comes to its end, told, and the others go on."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from agents.models.pricing import COST_KEY
from db.access import Database
from db.actors import acting_as
from db.models import AgentAuditLog, AgentRun, Contact, Prospect
from db.queries.runs import spent_by
from graphs.recorder import Question
from graphs.recovery import GAVE_UP
from outreach.errors import Complaint
from outreach.session import RunnerSession
from outreach.settings import Settings
from outreach.wiring import check_contact_budget
from playbooks import Playbook, load_playbook
from tests.support.pipeline import small_sample
from tests.support.world import run_problems

CALLS = 5
"""What a message takes that is right at once: three of research, a draft, a check. Another agent takes more."""
EACH = 0.003
USAGE = {"input_tokens": 200, "output_tokens": 100, "total_tokens": 300}


async def metered(_question: Question, call: Callable[[], Awaitable[list[BaseMessage]]]) -> list[BaseMessage]:
    """The call, as if a server had counted."""
    answer = await call()
    for message in answer:
        assert isinstance(message, AIMessage)
        message.usage_metadata = USAGE  # type: ignore[assignment]
        message.response_metadata[COST_KEY] = EACH
    return answer


def bounded(**limits: float) -> Callable[[str], Playbook]:
    def read(name: str) -> Playbook:
        playbook = load_playbook(name)
        return playbook.model_copy(update={"limits": playbook.limits.model_copy(update=limits)})

    return read


def run(settings: Settings, files: Sequence[dict[str, Any]], limits: dict[str, float]) -> Any:
    with RunnerSession(settings) as session:
        machine = session._runner._machine
        machine.playbook, machine.recorder.ask = bounded(**limits), metered
        return session.run(settings.playbook, list(files), None)


def calls_by_thread(session: Session) -> dict[str, int]:
    found: dict[str, int] = {}
    rows = select(AgentRun).where(AgentRun.run_type == "model_call", AgentRun.thread_id.startswith("touch:"))
    for row in session.scalars(rows):
        if row.status == "success":
            found[row.thread_id or ""] = found.get(row.thread_id or "", 0) + 1
    return found


@pytest.mark.parametrize(
    ("where", "limits", "said"),
    [
        ("postgres_url", {"contact_calls": CALLS - 1}, f"{CALLS - 1} of {CALLS - 1} calls; see contact_calls"),
        (
            "sqlite_url",
            {"contact_cost_usd": EACH * (CALLS - 1) - 0.002},
            f"${EACH * (CALLS - 1):.4f} of ${EACH * (CALLS - 1) - 0.002:.4f}; see contact_cost_usd",
        ),
    ],
)
def test_past_its_budget_a_contact_ends_and_the_others_go_on(
    request: pytest.FixtureRequest, tmp_path: Path, where: str, limits: dict[str, float], said: str
) -> None:
    url = request.getfixturevalue(where)
    settings = Settings(home=tmp_path, database_url=url, model="rules", concurrency=1)
    with capture_logs() as logged:
        tally = run(settings, small_sample(tmp_path / "files", 2), limits).tally
    assert (tally.stopped, tally.failed, tally.waiting) == (None, 2, 0)
    assert len(tally.errors) == 2
    # All that a worker says of it.
    warned = [line for line in logged if line["event"] == "thread.failed" and line["log_level"] == "warning"]
    assert sorted(f"{line['whose']}: {line['error']}" for line in warned) == sorted(tally.errors)
    with Database(url, "user") as database, acting_as("user:test"):
        names = database.read_sync(
            lambda s: s.execute(select(Contact.full_name, Prospect.name).join(Contact.prospect)).all()
        )
        for error in tally.errors:
            assert said in error
            assert any(error.startswith(f"{person}, {organisation}: this contact's") for person, organisation in names)
        assert list(database.read_sync(calls_by_thread).values()) == [CALLS - 1] * 2
        rows = database.read_sync(
            lambda s: s.scalars(select(AgentRun).where(AgentRun.agent_name == "qc", AgentRun.run_type == "qc")).all()
        )
        assert [row.status for row in rows] == ["error", "error"], (
            "the check is the last of the CALLS; how many are they?"
        )
        assert all((row.error_message or "").startswith("ContactBudgetSpent: ") for row in rows)

        again = run(settings, [], limits).tally
        assert (again.failed, again.waiting) == (0, 0), "it is not tried again by itself"

        def resolve(session: Session) -> int:
            told = session.scalars(select(AgentAuditLog).where(AgentAuditLog.action == GAVE_UP)).all()
            for entry in told:
                entry.reviewed_at, entry.reviewed_by = datetime.now(UTC), "test"
            return len(told)

        assert database.write_sync(resolve) == 2, "a person is told"
        after = run(settings, [], {}).tally
        assert (after.failed, after.waiting) == (0, 2), "with more to spend it goes on from where it stood"
        threads = database.read_sync(calls_by_thread)
        assert list(threads.values()) == [CALLS, CALLS]
        for thread in threads:
            assert database.read_sync(partial(spent_by, thread_id=thread)) == (
                CALLS,
                200 * CALLS,
                100 * CALLS,
                pytest.approx(EACH * CALLS),
            )
        assert all("ContactBudgetSpent" in problem for problem in database.read_sync(run_problems))


def test_a_limit_of_money_needs_prices(tmp_path: Path, sqlite_url: str) -> None:
    endpoint = Settings(
        home=tmp_path, database_url=sqlite_url, model="some-model", openai_base_url="http://x.example/v1"
    )
    with pytest.raises(Complaint, match="contact_cost_usd"):
        check_contact_budget(endpoint, bounded(contact_cost_usd=0.01))
    check_contact_budget(endpoint, bounded(contact_tokens=10))
    check_contact_budget(endpoint.model_copy(update={"model": "rules"}), bounded(contact_cost_usd=0.01))
