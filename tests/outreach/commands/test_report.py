"""`outreach report`: the same numbers on the screen, in a pipe and as JSON."""

import json
from pathlib import Path

import pytest
from lxml import html

from db.access import Database
from outreach.charts import drawn
from tests.outreach.conftest import Outreach
from tests.support.touches import START, lay, made_up
from tools.rates import rate


@pytest.fixture
def filled(database: Database, home: Path) -> None:
    lay(f"sqlite:///{home / 'outreach.db'}", made_up(200, 3, seed=5))


@pytest.mark.usefixtures("filled")
def test_the_funnel(outreach: Outreach) -> None:
    told = json.loads(outreach("report", "funnel", "--json").stdout)
    people = {step["step"]: step["people"] for step in told["steps"]}
    assert people["sent"] == 200
    assert people["sent"] > people["replied"] > people["positive"] >= people["met"] >= people["held"] >= people["made"]
    screen = outreach("report", "funnel").stdout
    assert f"{people['replied']}/200" in screen
    assert max(map(len, screen.splitlines())) <= 80
    assert "0/0" in outreach("--playbook", "qa-software", "report", "funnel").stdout


@pytest.mark.usefixtures("filled")
def test_replies_by_opener(outreach: Outreach) -> None:
    told = json.loads(outreach("report", "replies", "--by", "opener", "--json").stdout)
    assert (told["unit"], told["withheld"], len(told["rows"])) == ("message", [], 3)
    row = told["rows"][0]
    assert row["reply"]["low"] < row["reply"]["rate"] < row["reply"]["high"]
    screen = outreach("report", "replies", "--by", "opener", "--rate", "reply").stdout
    assert f"{row['reply']['count']}/{row['reply']['of']}" in screen
    assert "Meeting" not in screen
    assert max(map(len, screen.splitlines())) <= 80


@pytest.mark.usefixtures("filled")
def test_of_few_it_says_so(outreach: Outreach) -> None:
    result = outreach("report", "replies", "--by", "opener", "--until", "2026-03-05")
    assert "too few to say" in result.stdout
    assert "%" not in result.stdout


def test_wrong_usage(outreach: Outreach, database: Database) -> None:
    assert outreach("report", "replies", "--by", "moon").exit_code == 2
    assert outreach("report", "replies", "--by", "week", "--rate", "joy").exit_code == 2
    assert outreach("report", "funnel", "--since", "yesterday").exit_code == 2
    assert outreach("report", "funnel", "--since", "2026-03-02", "--until", "2026-03-01").exit_code == 2
    assert "No message has left that fits" in outreach("report", "replies", "--by", "week").stderr


def test_a_bar_shows_the_interval() -> None:
    half = rate(50, 100)
    assert drawn(half, 1.0, 20, "#+.") == "########++.."
    assert drawn(half, half.high, 20, "#+.").endswith(".")


@pytest.mark.usefixtures("filled")
def test_the_page_asks_nobody_for_anything(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert outreach("report", "page", str(file)).stdout.strip() == str(file)
    tree = html.fromstring(file.read_text("utf-8"))
    assert tree.xpath("//@src") == []
    assert tree.xpath("//@href") == ["data:,"]
    told = json.loads(outreach("report", "replies", "--by", "opener", "--json").stdout)
    words = tree.text_content()
    for row in told["rows"]:
        assert f"{row['reply']['count']}/{row['reply']['of']}: " in words
    assert len(tree.xpath("//figure")) > 10
    assert outreach("report", "page", str(file)).exit_code == 1
    assert outreach("report", "page", str(file), "--force").exit_code == 0


@pytest.mark.usefixtures("filled")
def test_the_page_tells_no_rate_of_few(outreach: Outreach, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    day = ("--since", "2026-03-05", "--until", "2026-03-05")
    outreach("report", "page", str(file), *day)
    told = json.loads(outreach("report", "replies", "--by", "opener", *day, "--json").stdout)
    page = html.fromstring(file.read_text("utf-8"))
    (table,) = page.xpath("//section[h2='By opener']//table")
    row = told["rows"][0]
    cells = [cell.text_content() for cell in table.xpath("tbody/tr[1]/*")]
    assert cells[1:3] == [str(row["reply"]["of"]), str(row["reply"]["count"])]
    assert "%" not in "".join(page.xpath("//table//text()"))


def test_a_hostile_key_is_only_text(outreach: Outreach, database: Database, home: Path, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    lay(f"sqlite:///{home / 'outreach.db'}", lambda rows: rows.touch(rows.person(), START, pain_hook=hostile))
    file = tmp_path / "report.html"
    outreach("report", "page", str(file))
    text = file.read_text("utf-8")
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "\u202e" not in outreach("report", "replies", "--by", "pain-hook").stdout


def test_the_last_day_there_is(outreach: Outreach, database: Database) -> None:
    assert outreach("report", "replies", "--by", "channel", "--until", "9999-12-31").exit_code == 0
