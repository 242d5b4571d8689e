"""`outreach experiment`: what is said of one that runs, and how it ends."""

import json
from pathlib import Path

from db.access import Database
from tests.outreach.conftest import Outreach
from tests.support.touches import START, Rows, lay

NEW = (
    "experiment", "new", "openers", "--variable", "opener_style", "--a", "career_reference", "--b", "company_metric",
    "--baseline", "0.1", "--lift", "0.8",
)  # fmt: skip


def test_from_plan_to_end(outreach: Outreach, database: Database, home: Path) -> None:
    assert "No experiment yet" in outreach("experiment", "list").stderr
    made = json.loads(outreach(*NEW, "--json").stdout)
    needed = made["plan"]["per_group"]
    assert outreach(*NEW).exit_code == 1

    def members(rows: Rows) -> tuple[str, list[tuple[str, str]]]:
        people = [(rows.person(), group) for group in ("A", "B") for _ in range(needed)]
        return rows.batch(7, dict(people)), people

    url = f"sqlite:///{home / 'outreach.db'}"
    batch, people = lay(url, members)
    assert outreach("experiment", "add", "openers", "8").exit_code == 1
    assert outreach("experiment", "add", "openers", batch[:8]).exit_code == 0
    assert outreach("experiment", "add", "openers", "7").exit_code == 0
    assert outreach("batch", "metrics", batch[:8]).exit_code == 0

    def messages(rows: Rows) -> None:
        for contact, group in people:
            touch = rows.touch(contact, START, batch_id=batch, ab_group=group, ab_variable="opener_style")
            if group == "B":
                rows.reply(contact, touch, START, "positive")

    running = outreach("experiment", "conclude", "openers")
    assert running.exit_code == 1
    assert f"0 of {needed} in A" in running.stderr
    told = json.loads(outreach("experiment", "show", "openers", "--json").stdout)
    assert (told["results"], told["assigned"]) == (None, {"A": needed, "B": needed})
    lay(url, messages)
    # All have left and the window has passed; still nobody sees what came of it before the end is made.
    told = json.loads(outreach("experiment", "show", "openers", "--json").stdout)
    assert (told["results"], told["winner"], told["waiting_for"]) == (None, None, "")
    screen = outreach("experiment", "conclude", "openers").stdout
    assert "B is better" in screen
    told = json.loads(outreach("experiment", "list", "--json").stdout)[0]
    assert (told["winner"], told["status"], told["results"]["B"]["replies"]) == ("B", "completed", needed)
    assert outreach("experiment", "conclude", "openers").exit_code == 1


def test_stopped_early_it_has_no_winner(outreach: Outreach, database: Database) -> None:
    outreach(*NEW)
    assert outreach("experiment", "conclude", "openers", "--stop-early").exit_code == 2
    result = outreach("experiment", "conclude", "openers", "--stop-early", "--reason", "we changed the offer")
    assert "we changed the offer" in result.stdout
    told = json.loads(outreach("experiment", "show", "openers", "--json").stdout)
    assert (told["status"], told["winner"], told["results"]) == ("inconclusive", None, None)


def test_wrong_usage(outreach: Outreach, database: Database) -> None:
    assert outreach(*NEW[:4], "moon", *NEW[5:]).exit_code == 2
    assert outreach(*NEW, "--metric", "joy").exit_code == 2
    assert outreach(*NEW[:-1], "0.95").exit_code == 1
    assert outreach("experiment", "show", "nothing").exit_code == 1
