"""QC as the graph node that it is: the rules first, then the judge, and the record of both."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agents.drafting import AGENT as DRAFTING
from agents.qc import AGENT
from agents.qc_policy import judge
from agents.researcher import AGENT as RESEARCHER
from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.models import AgentAuditLog, AgentRun, Contact, MessageDraft
from tests.support.contact_desk import STADIUM, Desk, desk_at, endpoint
from tests.support.openai_server import Reply, ScriptedServer, replies
from tools.drafting.drafts import store_version


async def drafted(desk: Desk) -> MessageDraft:
    await desk.sit_down(STADIUM)
    await desk.run(RESEARCHER)
    await desk.run(DRAFTING)
    draft: MessageDraft = await desk.one(MessageDraft, desk.state["draft_id"])
    return draft


async def checked(desk: Desk) -> MessageDraft:
    await desk.run(AGENT)
    draft: MessageDraft = await desk.one(MessageDraft, desk.state["draft_id"])
    return draft


async def model_calls(desk: Desk) -> int:
    def count(session: Session) -> int:
        qc = select(AgentRun.id).where(AgentRun.run_type == "qc")
        return session.scalar(select(func.count()).where(AgentRun.parent_run_id.in_(qc))) or 0

    return int(await desk.db.read(count))


async def edit(desk: Desk, url: str, old: str, new: str) -> None:
    """A person's edit, as the approval does it."""

    def decide(session: Session) -> None:
        draft = session.get_one(MessageDraft, desk.state["draft_id"])
        seen = {"draft_id": draft.id, "version": draft.version, "content_hash": draft_hash(draft)}
        body = draft.body.replace(old, new, 1)
        assert body != draft.body
        changed = {"subject": draft.subject_line, "body": body}
        take_decision(session, Decision(**seen, decision="edit", by="user:kim", **changed), approval_days=14)

    with Database(url, "user") as database, acting_as("user:kim"):
        database.write_sync(decide)


async def test_a_sound_draft_passes_and_the_judge_was_asked(database_url: str) -> None:
    async with desk_at(database_url) as desk:
        await drafted(desk)
        draft = await checked(desk)
        assert await model_calls(desk) == 1
        actions = [row.action for row in await desk.all(AgentAuditLog)]
    assert draft.qc_passed is True
    assert {f["rule"] for f in draft.qc_flags or []} == {"recipient.unverified"}
    assert draft.qc_run_id is not None
    assert (desk.state["qc_passed"], desk.state["edit_stands"]) == (True, False)
    assert "qc_passed" in actions


async def test_where_a_rule_blocks_no_judge_is_asked(database_url: str) -> None:
    async with desk_at(database_url) as desk:
        await drafted(desk)

        def bar(session: Session) -> None:
            session.get_one(Contact, desk.state["contact_id"]).email_verified = False

        await desk.write(bar)
        draft = await checked(desk)
        assert await model_calls(desk) == 0
        rows = [row for row in await desk.all(AgentAuditLog) if row.action == "qc_failed"]
    assert draft.qc_passed is False
    assert rows[0].details["blocked_by"] == ["recipient.invalid"]
    assert desk.state["qc_passed"] is False


async def test_the_last_failure_needs_a_person(sqlite_url: str) -> None:
    async with desk_at(sqlite_url) as desk:
        await drafted(desk)

        def bar(session: Session) -> None:
            session.get_one(Contact, desk.state["contact_id"]).email_verified = False

        await desk.write(bar)
        await checked(desk)
        desk.state["revision"] = 2
        await checked(desk)
        rows = [row.requires_review for row in await desk.all(AgentAuditLog) if row.action == "qc_failed"]
    assert sorted(rows) == [False, True]


@pytest.mark.parametrize(
    ("words", "severity", "passes", "kept"),
    [
        ("Lakeside Bowl", "block", False, "block"),
        ("Lakeside Bowl", "warn", True, "warn"),
        ("words that stand nowhere", "block", True, "warn"),
        ("", "block", True, "warn"),
        ("   ", "block", True, "warn"),
    ],
)
async def test_a_judge_blocks_only_with_words_that_are_there(
    sqlite_url: str, words: str, severity: str, passes: bool, kept: str
) -> None:
    flag = {"words": words, "problem": "It reads badly.", "fix": "Say it again.", "severity": severity}
    async with desk_at(sqlite_url) as before:
        await drafted(before)
    with ScriptedServer(replies(Reply.json({"flags": [flag]}))) as server:
        async with desk_at(sqlite_url, endpoint(server)) as desk:
            desk.state, desk.runs = before.state, before.runs
            draft = await checked(desk)
    judged = next(f for f in draft.qc_flags or [] if f["rule"] == "judge")
    assert (draft.qc_passed, judged["severity"]) == (passes, kept)
    if words.strip() and kept == severity:
        text = {"body": draft.body, "subject": draft.subject_line or ""}[judged["field"]]
        assert text[judged["start"] :].startswith(words)
    else:
        assert (judged["text"], judged["start"], judged["field"]) == ("", -1, "message") or judged["start"] >= 0


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        ("Whatever you decide, thank you for reading.", True),
        ("This took me the best hour of my week.", True),
        ("Your lamps failed four times in 2019.", False),
        ("Your lamps are failing.", False),
    ],
)
async def test_a_persons_edit_may_say_more_but_claim_no_more(sqlite_url: str, line: str, passes: bool) -> None:
    async with desk_at(sqlite_url) as desk:
        await drafted(desk)
        await checked(desk)
        await edit(desk, sqlite_url, "Best,", f"{line}\n\nBest,")
        draft = await checked(desk)
        reviews = [row for row in await desk.all(AgentAuditLog) if row.requires_review]
    assert (draft.version, draft.qc_passed) == (2, passes)
    assert desk.state["edit_stands"] is True
    assert reviews == []  # it goes back to the person who wrote it, not to a list


async def test_the_same_sentence_from_a_model_is_stopped(sqlite_url: str) -> None:
    async with desk_at(sqlite_url) as desk:
        await drafted(desk)

        def slip_in(session: Session) -> None:
            draft = session.get_one(MessageDraft, desk.state["draft_id"])
            body = draft.body.replace("Best,", "This took me the best hour of my week.\n\nBest,")
            given = {"subject": "The lights", "author": "agent:x", "reason": "qc_revision", "note": None, "claims": []}
            store_version(session, draft=draft, version=2, body=body, **given)

        await desk.write(slip_in)
        draft = await checked(desk)
    assert draft.qc_passed is False


def material(body: str) -> dict[str, Any]:
    return {"body": body}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("This is is wrong.", "is is"),
        ("We need an LED and a answer.", "a answer"),
        ("The lights are on the poles. The lights are on the poles.", "The lights are on the poles."),
        (" ".join(["word"] * 0 + [f"word{n}" for n in range(41)]) + ".", None),
    ],
)
def test_the_judge_by_rule_flags_what_stumbles(body: str, words: str | None) -> None:
    flags = judge(material(body)).flags
    assert [f.severity for f in flags] == ["warn"]
    assert flags[0].words in body
    assert words is None or flags[0].words == words


def test_the_judge_by_rule_leaves_sound_text_alone() -> None:
    assert judge(material("I know that that is an SDET's job. It had had an hour.")).flags == []
