"""A batch's figures, counted by hand on rows made for it, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from typer import Typer
from typer.testing import CliRunner

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, Batch, Experiment
from outreach.commands.batch_metrics import metrics
from outreach.context import Context
from tests.support.touches import START, Rows, lay
from tools.batches.metrics import keep_metrics


def fill(rows: Rows) -> tuple[str, list[str]]:
    people = [rows.person() for _ in range(4)]
    batch = rows.batch(3, dict(zip(people, ("A", "B", "A", "B"), strict=True)))
    for place, contact in enumerate(people[:3]):
        touch = rows.touch(
            contact, START + timedelta(days=place, hours=6 - 6 * place), batch_id=batch, ab_group="AB"[place % 2]
        )
        if place == 0:
            yes = rows.reply(contact, touch, START + timedelta(days=2), "positive")
            rows.meeting(contact, START + timedelta(days=3), trigger_reply_id=yes)
        if place == 1:
            rows.reply(contact, touch, START + timedelta(days=2), "unsubscribe")
    other = rows.person()
    rows.reply(other, rows.touch(other, START), START + timedelta(days=1), "positive")
    return batch, people


@pytest.mark.parametrize("running", [False, True])
def test_figures(database_url: str, running: bool) -> None:
    batch, people = lay(database_url, fill)
    with Database(database_url, "user") as database, acting_as("user:test"):

        def more(session) -> None:  # type: ignore[no-untyped-def]  # a session
            decisions = [{"contact_id": one, "share": "cfos"} for one in people[:2]]
            session.add(AgentRun(agent_name="analyst", run_type="batch_build", batch_id=batch, decisions=decisions))
            status = "active" if running else "inconclusive"
            session.add(Experiment(name="openers", status=status, batches_included=[batch]))

        database.write_sync(more)
        database.write_sync(lambda s: keep_metrics(s, s.get_one(Batch, batch)))
        told = database.read_sync(lambda s: s.scalars(select(Batch.metrics).where(Batch.id == batch)).one())
    assert told is not None
    counts = {name: told[name] for name in ("people", "sent_to", "replied", "positive", "meetings", "opted_out")}
    assert counts == {"people": 4, "sent_to": 3, "replied": 2, "positive": 1, "meetings": 1, "opted_out": 1}
    assert (told["messages"], told["delivered"], told["bounced"], told["days"]) == (3, 3, 0, 3)
    assert told["replies_by_intent"] == {"positive": 1, "unsubscribe": 1}
    assert told["reply_rate"] == {"count": 2, "of": 3, "enough": False, "rate": None, "low": None, "high": None}
    assert (told["by_share"]["cfos"]["sent_to"], told["by_share"]["cfos"]["replied"]) == (2, 2)
    if running:
        assert told["by_group"] == {"A": {"sent_to": 2}, "B": {"sent_to": 1}}
        assert "openers" in told["withheld"]
    else:
        assert (told["by_group"]["A"]["replied"], told["by_group"]["B"]["replied"]) == (1, 1)
        assert "withheld" not in told


def test_the_screen(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(sqlite_url, fill)
    app = Typer()
    app.command()(metrics)
    context = Context({"database_url": sqlite_url})
    result = CliRunner().invoke(app, ["3"], obj=context)
    assert result.exit_code == 0
    assert "Replies: 1 positive, 1 unsubscribe." in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert CliRunner().invoke(app, ["4"], obj=context).exit_code == 1
