"""`outreach status` says where things stand and what is next; `outreach review` what to look at."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.models import AgentAuditLog, AgentRun, Batch, Contact, Followup, HygieneFlag
from db.queries.funnel import Funnel
from outreach.commands.review import in_words
from outreach.next_step import step_for
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact, make_draft, make_prospect


def funnel(playbook: str = "sports-lighting", **counts: Any) -> Funnel:
    made = Funnel(playbook, prospects={"scored": 3})
    for name, count in counts.items():
        setattr(made, name, count)
    return made


@pytest.mark.parametrize(
    ("funnels", "unfinished", "command"),
    [
        ([], False, "outreach demo"),
        ([funnel()], False, "outreach run"),
        ([funnel()], True, "outreach run"),
        ([funnel("qa-software")], False, "outreach --playbook qa-software run"),
        ([funnel(nearest="4f1c0000aa")], False, "outreach score explain 4f1c0000"),
        ([funnel(nearest="4f1c0000aa")], True, "outreach run"),
        ([funnel("qa-software", nearest="4f1c0000aa"), funnel()], False, "outreach run"),
        ([funnel(waiting=1, ready=2, to_review=3)], True, "outreach approve"),
        ([funnel(ready=2, to_review=3)], True, "outreach outbox"),
        ([funnel(to_review=3)], False, "outreach review"),
        ([funnel(), funnel("qa-software", waiting=1)], False, "outreach --playbook qa-software approve"),
        ([funnel("qa-software", waiting=1), funnel(ready=1)], False, "outreach outbox"),
    ],
)
def test_the_next_step_is_the_most_pressing(funnels: list[Funnel], unfinished: bool, command: str) -> None:
    assert step_for(funnels, unfinished=unfinished, chosen="sports-lighting").command == command


def fill(session: Session) -> None:
    college = make_prospect(session, name="Kenyon College", tier="A1", status="outreach_active")
    contact = make_contact(session, college, stage="drafted")
    make_draft(session, contact, qc_passed=True)
    make_prospect(session, playbook="qa-software", venue_type="company")
    session.add_all(
        [
            AgentAuditLog(
                id="ab".ljust(32, "1"),
                agent_name="hygiene",
                action="prospects_merged",
                prospect_id=college.id,
                requires_review=True,
                details={"certainty": 0.8, "names": ["Kenyon", "Kenyon \x1b[1mCollege"], "empty": None},
            ),
            AgentAuditLog(
                id="ac".ljust(32, "1"),
                agent_name="qc",
                action="draft_blocked",
                contact_id=contact.id,
                requires_review=True,
            ),
        ]
    )


def test_status_counts_and_names_the_next_command(outreach: Outreach, database: Database) -> None:
    database.write_sync(fill)
    result = outreach("status")
    assert result.exit_code == 0
    assert "sports-lighting: 1 organisation, 1 person" in result.stdout
    assert "qa-software: 1 organisation, 0 people" in result.stdout
    assert "outreach active" in result.stdout
    assert "drafts waiting for approval           1" in result.stdout
    assert "Next: outreach approve   (1 draft waits for your decision)" in result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_alone_it_lists_what_waits_with_the_command_for_each(outreach: Outreach, database: Database) -> None:
    assert outreach().stderr.startswith("Nothing waits for you.")
    database.write_sync(fill)
    database.write_sync(trouble)
    result = outreach()
    told = [re.split(r"  +", line.strip()) for line in result.stdout.splitlines()[1:]]
    assert told == [
        ["1", "reply to look at", "outreach replies --waiting"],
        ["1", "draft to read and decide on", "outreach approve"],
        ["1", "follow-up due", "outreach followups --due"],
        ["2", "actions of agents to look at", "outreach review"],
        ["1", "step that failed", "outreach runs list --status error"],
        ["1", "likely double", "outreach flags --type duplicate_suspect"],
        ["1", "batch under way", "outreach batch list"],
    ]
    assert "Next: outreach replies --waiting   (1 reply waits for a look of yours)" in result.stderr
    assert [line["count"] for line in json.loads(outreach("status", "--json").stdout)["waits"]] == [1, 1, 1, 2, 1, 1, 1]
    for _, _, line in told:
        assert outreach(*line.split()[1:]).exit_code == 0, line


def trouble(session: Session) -> None:
    """A reply in doubt, a follow-up that is late, a step that failed, one that was made good, a double, a batch."""
    contact = session.scalars(select(Contact)).first()
    assert contact is not None
    now = datetime.now(UTC)
    add = session.add_all
    add([Batch(id="ba".ljust(32, "1"), batch_number=1, created_date=now.date(), status="active")])
    add([Followup(contact_id=contact.id, due_date=now.date(), state="overdue", touch_number=2, channel="email")])
    add(
        [
            HygieneFlag(
                prospect_id=contact.prospect_id, flag_type="duplicate_suspect", severity="warning", message="Two rows."
            ),
            AgentAuditLog(agent_name="reply_triage", action="inbound_unmatched", requires_review=True, details={}),
        ]
    )
    for agent, status, hours in (("qc", "error", 3), ("drafting", "error", 2), ("drafting", "success", 1)):
        add(
            [
                AgentRun(
                    agent_name=agent,
                    run_type="orchestrate",
                    contact_id=contact.id,
                    status=status,
                    started_at=now - timedelta(hours=hours),
                )
            ]
        )


def test_status_as_json_and_for_one_playbook(outreach: Outreach, database: Database) -> None:
    database.write_sync(fill)
    told = json.loads(outreach("status", "--json").stdout)
    assert [p["playbook"] for p in told["playbooks"]] == ["qa-software", "sports-lighting"]
    assert told["playbooks"][1]["stages"]["drafted"] == 1
    assert told["playbooks"][1]["tiers"] == {"A1": 1, "A2": 0, "B": 0, "C": 0, "D": 0, "none": 0}
    assert told["next"]["command"] == "outreach approve"
    one = json.loads(outreach("--playbook", "qa-software", "status", "--json").stdout)
    assert [p["playbook"] for p in one["playbooks"]] == ["qa-software"]


def test_an_interrupted_run_is_named(outreach: Outreach, database: Database) -> None:
    def begin(session: Session) -> None:
        make_prospect(session)
        session.add(AgentRun(run_type="orchestrate", agent_name="orchestrator", status="running"))

    database.write_sync(begin)
    assert "a run has not ended" in outreach("status").stderr


def test_review_lists_and_resolves(outreach: Outreach, database: Database) -> None:
    database.write_sync(fill)
    listed = outreach("review")
    assert listed.exit_code == 0
    assert "Kenyon College" in listed.stdout
    assert "Dana Reyes, Kenyon College" in listed.stdout
    assert "prospects merged: certainty: 0.8, names: Kenyon; Kenyon <U+001B>[1mCollege" in listed.stdout
    assert "\x1b" not in listed.stdout
    assert [row["id"][:2] for row in json.loads(outreach("review", "--json").stdout)] == ["ab", "ac"]

    resolved = outreach("review", "resolve", "ab", "--note", "right", "--json")
    assert resolved.exit_code == 0
    assert json.loads(resolved.stdout)[0]["reviewed_by"] == "user"
    assert [row["id"][:2] for row in json.loads(outreach("review", "--json").stdout)] == ["ac"]
    assert "2 of" not in outreach("review", "--limit", "1").stderr
    outreach("review", "resolve", "ac")
    assert outreach("review").stderr.startswith("Nothing waits for review.")


def test_an_id_that_fits_nothing_resolves_nothing(outreach: Outreach, database: Database) -> None:
    database.write_sync(fill)
    result = outreach("review", "resolve", "ab", "ff")
    assert result.exit_code == 1
    assert "begins with ff" in result.stderr
    assert len(json.loads(outreach("review", "--json").stdout)) == 2


def test_details_in_words() -> None:
    assert in_words({"a": {"b": 1}, "c": list(range(7)), "d": ""}) == "a: {b: 1}, c: 0; 1; 2; 3; 4 …"
    assert in_words(None) == ""
