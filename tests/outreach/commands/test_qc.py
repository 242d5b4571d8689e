"""`outreach qc`, as a person and a script meet it; no database is there."""

import json
from pathlib import Path

import pytest

from evals.qc_rules import DATA
from tests.outreach.conftest import Outreach
from tools.qc import RULES

LINES = (DATA / "first-sports-lighting.jsonl").read_text("utf-8").splitlines()
CLEAN, BLOCKED = LINES[0], LINES[12]


@pytest.mark.parametrize(
    ("text", "code"), [(CLEAN, 0), (BLOCKED, 1), (f"{CLEAN}\n{BLOCKED}", 1), ("{", 2), ('{"body": "x"}', 2)]
)
def test_the_exit_code_says_whether_a_draft_is_blocked(
    outreach: Outreach, home: Path, tmp_path: Path, text: str, code: int
) -> None:
    file = tmp_path / "drafts.jsonl"
    file.write_text(text, "utf-8")
    result = outreach("qc", "check", str(file), "--json", "--today", "2026-06-15")
    assert result.exit_code == code
    assert "Traceback" not in result.stderr
    if code < 2:
        judged = json.loads(result.stdout)
        assert [each["passed"] for each in judged] == [line == CLEAN for line in text.splitlines()]
    assert not (home / "outreach.db").exists()


def test_a_table_for_people(outreach: Outreach, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(BLOCKED, "utf-8")
    result = outreach("qc", "check", str(file), "--today", "2026-06-15")
    assert "merge.unfilled" in result.stdout
    assert "{{first_name}}" in result.stdout
    assert "1 blocked" in result.stderr
    assert outreach("qc", "check", str(file), "--today", "tomorrow").exit_code == 2
    assert outreach("qc", "check", str(tmp_path / "none.json")).exit_code == 2


def test_every_rule_is_listed(outreach: Outreach) -> None:
    listed = json.loads(outreach("qc", "rules", "--json").stdout)["rules"]
    assert [(r["rule"], r["version"], r["severity"]) for r in listed] == [(r.id, r.version, r.severity) for r in RULES]
    assert "style.asks" in outreach("qc", "rules").stdout


def test_the_rules_are_measured(outreach: Outreach, tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    file.write_text(f"{CLEAN}\n{BLOCKED}\n", "utf-8")
    measured = json.loads(outreach("qc", "measure", str(file), "--json").stdout)
    of = {each["rule"]: each for each in measured["rules"]}
    assert (measured["drafts"], of["merge.unfilled"]["recall"], of["passed"]["precision"]) == (2, 1.0, 1.0)
    assert "merge.unfilled" in outreach("qc", "measure", str(file)).stdout
    file.write_text("{}", "utf-8")
    assert outreach("qc", "measure", str(file)).exit_code == 2


def test_what_cannot_be_overridden_is_told(outreach: Outreach) -> None:
    assert outreach("init").exit_code == 0
    result = outreach("qc", "override", "ffff", "style.asks", "--reason", "He asked for both")
    assert result.exit_code == 1
    assert "no waiting draft whose id begins with ffff" in result.stderr
