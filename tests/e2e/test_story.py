"""One story, from a list of six people to an opportunity, told by the command line; after each step the tables say so.

Six colleges and their people are invented. The first touches leave 24 days ago, the second 14 days ago,
since `--at` says when something happened; what goes by SMTP leaves today. So nobody waits, and weekends do not matter.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from db.access import Database
from db.actors import acting_as
from db.models import (
    Activity,
    Batch,
    BatchProspect,
    Contact,
    Delivery,
    Followup,
    InboundMessage,
    MessageDraft,
    Opportunity,
    OutreachSequence,
    ReferralSuggestion,
    Reply,
    Suppression,
    Touchpoint,
)
from outreach.cli import app
from playbooks import load_playbook
from tests.support.letters import letter, returned
from tests.support.mail_servers import SmtpServer, smtp_server
from tests.support.world import run_problems
from tools.sequences import first_working_day

BOOK = load_playbook("sports-lighting")
LIST = """\
School,Stadium,Capacity,Year Built,Division,Undergraduates,City,State,First Name,Last Name,Title,Email,Phone
Maple Hollow College,Maple Field,4200,1961,D3,1900,Granville,OH,Ada,Quill,AD,ada@maple.example,(614) 555-0111
Stone Creek College,Creek Stadium,5100,1958,D3,2100,Crawfordsville,IN,Ben,Hale,AD,ben@stone.example,(317) 555-0112
Fern Valley College,Fern Bowl,3800,1949,D3,1700,Kenosha,IL,Cora,Finch,AD,cora@fern.example,
Birch Lake College,Birch Stadium,6000,1972,D3,2400,Danville,KY,Dev,Marsh,AD,dev@birch.example,
Elm Ridge College,Ridge Field,3500,1955,D3,1600,Reading,PA,Eva,Stone,AD,eva@elm.example,
Oak Harbor College,Harbor Field,4800,1966,D3,2000,Marion,OH,Finn,Grove,AD,finn@oak.example,
""".replace("AD", "Athletic Director").replace("D3", "NCAA Division III")
PEOPLE = ("ada", "ben", "cora", "dev", "eva", "finn")
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
TODAY = NOW.date()
LATER = TODAY + timedelta(days=60)
BACK = TODAY + timedelta(days=20)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def working(day: date) -> date:
    return first_working_day(BOOK, day)


@dataclass
class World:
    """The database of the story, read and told as one compact picture."""

    database: Database
    folder: Path

    def __call__(self, *args: str, code: int = 0) -> str:
        """`outreach ARGS`; what it printed."""
        result = CliRunner().invoke(app, list(args), prog_name="outreach")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, f"{args}: {result.stderr}"
        return result.stdout + result.stderr

    def json(self, *args: str) -> Any:
        result = CliRunner().invoke(app, [*args, "--json"], prog_name="outreach")
        assert result.exit_code == 0, f"{args}: {result.stderr}"
        return json.loads(result.stdout)

    def read(self, fn: Any) -> Any:
        return self.database.read_sync(fn)

    def rows(self, model: Any, who: str) -> list[Any]:
        """A person's rows of a table, in the order in which they came."""

        def find(session: Session) -> list[Any]:
            contact = session.scalars(select(Contact).where(Contact.email.startswith(f"{who}@"))).one()
            order = {Touchpoint: Touchpoint.sent_at, Reply: Reply.replied_at, Followup: Followup.created_at}
            by = order.get(model, getattr(model, "created_at", None))
            query = select(model).where(model.contact_id == contact.id)
            return list(session.scalars(query if by is None else query.order_by(by, model.id)))

        found: list[Any] = self.read(find)
        return found

    def contact(self, who: str) -> Contact:
        found: Contact = self.read(
            lambda s: s.scalars(select(Contact).where(Contact.email.startswith(f"{who}@"))).one()
        )
        return found

    def of(self, who: str) -> dict[str, Any]:
        """How things stand with one person: one value for each table that has a say."""
        contact = self.contact(who)
        (sequence, *more) = self.rows(OutreachSequence, who)
        drafts = self.rows(MessageDraft, who)
        return {
            "contact": (contact.stage, contact.status),
            "prospect": self.read(lambda s: s.get_one(Contact, contact.id).prospect.status),
            "contacted": contact.last_contacted_at,
            "responded": contact.last_response_at,
            "engagement": contact.engagement_score,
            "sequence": (sequence.status, sequence.current_step, sequence.emails_sent, sequence.replies_received),
            "due": sequence.next_step_at and sequence.next_step_at.date(),
            "place": [m.sequence_status for m in self.rows(BatchProspect, who)],
            "followups": [(f.touch_number, f.state, f.reminder_sent) for f in self.rows(Followup, who)],
            "drafts": sorted((d.touch_number, d.touch_type, d.approval_status) for d in drafts),
            "touches": [(t.touch_number, t.sent_at) for t in self.rows(Touchpoint, who)],
            "replies": [(r.intent, r.next_step_taken, r.handled_at is not None) for r in self.rows(Reply, who)],
            "activities": dict(Counter(a.type for a in self.rows(Activity, who))),
            "more sequences": [(s.status, s.current_step) for s in more],
        }

    def becomes(self, who: str, before: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """Asserts that exactly these values of a person's picture changed; gives the new picture."""
        after = self.of(who)
        assert {key: after[key] for key in after if after[key] != before[key]} == changed, who
        return after

    def mail(self, name: str, who: str, words: str, when: datetime, **headers: str) -> None:
        """What somebody answers to the last message that we sent them."""
        delivery = max(self.rows(Delivery, who), key=lambda d: d.sent_at)
        letter(
            self.folder,
            name,
            sender=f"{who.title()} <{delivery.recipient}>",
            to=BOOK.sender.email,
            subject="Re: the lights",
            text=words,
            when=when,
            **{"In_Reply_To": f"<{delivery.message_id}>", **headers},
        )

    def triage(self) -> str:
        return self("replies", "triage", str(self.folder))

    def approve(self, *, but: tuple[str, ...] = ()) -> int:
        """Approves what waits, but for some people's."""
        waiting = [item for item in self.json("approve") if item["recipient"].partition("@")[0] not in but]
        path = self.folder.parent / "answers.jsonl"
        keys = ("draft_id", "version", "hash")
        lines = [{**{k: i[k] for k in keys}, "decision": "approve", "reason": "checked"} for i in waiting]
        path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
        self("approve", "--answers", str(path))
        return len(waiting)

    def sent(self, who: str, when: datetime) -> None:
        """Says that what is ready for somebody left by hand."""
        ready = [d for d in self.rows(MessageDraft, who) if d.approval_status == "ready"]
        self("sent", *(d.id for d in ready), "--at", when.isoformat())


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("OUTREACH_HOME", str(home))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", database_url)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    with Database(database_url, "user") as database:
        yield World(database, tmp_path / "in")


@pytest.mark.timeout(240)
def test_from_a_list_to_an_opportunity(world: World, tmp_path: Path) -> None:
    with smtp_server() as server:
        _the_list(world, tmp_path)
        pictures = _the_first_touch(world)
        _what_they_answer(world, pictures)
        _the_second_touch_is_late(world, pictures)
        _the_third_goes_by_mail(world, pictures, server)
        _what_machines_answer(world, pictures)
        _yes(world, pictures)
        _the_meeting(world, pictures)
    _the_whole(world)


def _the_list(world: World, tmp_path: Path) -> None:
    """Six people come in, are scored and researched, and each has a draft that waits; a batch holds them all."""
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    assert "Created: 6 accounts" in world("import", str(path), "--source", "Invented list")
    assert "waiting for you: 6" in world("run")

    def join(session: Session) -> None:
        batch = Batch(status="active", batch_number=1)
        session.add(batch)
        session.flush()
        for contact in session.scalars(select(Contact).order_by(Contact.email)):
            session.add(BatchProspect(batch_id=batch.id, contact_id=contact.id, sequence_status="not_started"))

    with acting_as("user:story"):
        world.database.write_sync(join)
    for who in PEOPLE:
        picture = world.of(who)
        assert picture["contact"] == ("drafted", "active")
        assert picture["prospect"] == "research_complete"
        assert picture["sequence"] == ("pending", 0, 0, 0)
        assert picture["drafts"] == [(1, "email", "draft")]
        assert picture["place"] == ["not_started"]
        assert (picture["contacted"], picture["responded"], picture["followups"]) == (None, None, [])


def _the_first_touch(world: World) -> dict[str, dict[str, Any]]:
    """A person approves them all; four leave by hand 24 days ago, two wait in the outbox for the mail server."""
    drafted = {who: world.of(who) for who in PEOPLE}
    assert world.approve() == 6
    approved = {
        who: world.becomes(who, drafted[who], prospect="ready_for_outreach", drafts=[(1, "email", "ready")])
        for who in PEOPLE
    }
    for who in ("ada", "ben", "cora", "dev"):
        world.sent(who, ago(24))
        approved[who] = world.becomes(
            who,
            approved[who],
            contact=("sent", "active"),
            prospect="outreach_active",
            contacted=ago(24),
            sequence=("active", 1, 1, 0),
            due=working((ago(24) + timedelta(days=5)).date()),
            place=["active"],
            followups=[(2, "pending", False)],
            drafts=[(1, "email", "sent")],
            touches=[(1, ago(24))],
            activities={"outreach_started": 1, "email_sent": 1},
        )
        (delivery,) = world.rows(Delivery, who)
        assert (delivery.state, delivery.sent_at) == ("sent", ago(24))
    return approved


def _what_they_answer(world: World, pictures: dict[str, dict[str, Any]]) -> None:
    """Ben: not now. Cora: no more. Dev: somebody else. Ada says nothing."""
    world.mail("later", "ben", f"Not this year, sorry. Please write again on {LATER:%B %d, %Y}.", ago(22))
    world.mail("leave", "cora", "Please remove me from your list.", ago(22))
    world.mail(
        "other", "dev", "I am not the right person. Please contact Gina Lowe, Facilities Director, gina@birch.example.",
        ago(22),
    )  # fmt: skip
    assert "3 new" in world.triage()
    common = {"contact": ("replied", "active"), "responded": ago(22), "due": None, "engagement": 10}
    received = {"outreach_started": 1, "email_sent": 1, "email_received": 1}
    pictures["ben"] = world.becomes(
        "ben",
        pictures["ben"],
        **{**common, "due": LATER},
        sequence=("paused", 1, 1, 1),
        place=["replied"],
        followups=[(2, "skipped", False), (2, "pending", False)],
        replies=[("not_now", None, False)],
        activities=received,
    )
    assert world.rows(Followup, "ben")[1].due_date == LATER
    pictures["cora"] = world.becomes(
        "cora",
        pictures["cora"],
        contact=("replied", "do_not_contact"),  # and whoever wants no more counts no engagement
        responded=ago(22),
        due=None,
        sequence=("stopped", 1, 1, 1),
        place=["stopped"],
        followups=[(2, "skipped", False)],
        replies=[("unsubscribe", None, False)],
        activities=received,
    )
    assert world.read(lambda s: [(x.kind, x.value) for x in s.scalars(select(Suppression))]) == [
        ("address", "cora@fern.example")
    ]
    pictures["dev"] = world.becomes(
        "dev",
        pictures["dev"],
        **common,
        sequence=("paused", 1, 1, 1),
        place=["replied"],
        followups=[(2, "skipped", False)],
        replies=[("referral", None, False)],
        activities=received,
    )
    (named,) = world.rows(ReferralSuggestion, "dev")
    assert (named.name, named.email, named.status) == ("Gina Lowe", "gina@birch.example", "open")
    assert world.of("ada") == pictures["ada"]


def _the_second_touch_is_late(world: World, pictures: dict[str, dict[str, Any]]) -> None:
    """Ada's second touch was due days ago: the run makes it overdue, names it once, and writes it. Ben and Dev get
    drafts of an answer; Gina is taken in."""
    said = world("run")
    assert "1 follow-up is overdue" in said
    assert "Ada Quill" in said
    assert "is overdue" not in world("status")
    pictures["ada"] = world.becomes(
        "ada",
        pictures["ada"],
        followups=[(2, "overdue", True)],
        drafts=[(1, "email", "sent"), (2, "email", "draft")],
    )
    for who in ("ben", "dev"):
        pictures[who] = world.becomes(who, pictures[who], drafts=[(1, "email", "sent"), (1, "reply_draft", "draft")])
    assert world.approve(but=("ben",)) == 2
    world.sent("ada", ago(14))
    world.sent("dev", ago(14))
    pictures["ada"] = world.becomes(
        "ada",
        pictures["ada"],
        contact=("follow_up", "active"),
        contacted=ago(14),
        sequence=("active", 2, 2, 0),
        due=working((ago(14) + timedelta(days=7)).date()),
        followups=[(2, "completed", True), (3, "pending", False)],
        drafts=[(1, "email", "sent"), (2, "email", "sent")],
        touches=[(1, ago(24)), (2, ago(14))],
        activities={"outreach_started": 1, "email_sent": 2},
    )
    assert world.rows(Followup, "ada")[0].completed_at == ago(14)
    pictures["dev"] = world.becomes(
        "dev",
        pictures["dev"],
        contacted=ago(14),
        sequence=("paused", 1, 2, 1),
        drafts=[(1, "email", "sent"), (1, "reply_draft", "sent")],
        touches=[(1, ago(24)), (1, ago(14))],
        replies=[("referral", "answered", True)],
        activities={"outreach_started": 1, "email_sent": 2, "email_received": 1},
    )
    (named,) = world.rows(ReferralSuggestion, "dev")
    world("research", "accept", named.id[:8])
    (named,) = world.rows(ReferralSuggestion, "dev")
    assert (named.status, named.decided_at is not None) == ("accepted", True)
    gina = world.contact("gina")
    assert (gina.first_name, gina.source, gina.stage, gina.persona_type) == (
        "Gina", "referral", "new", "Facilities Director",
    )  # fmt: skip
    assert gina.prospect_id == world.contact("dev").prospect_id
    pictures["dev"] = world.becomes(
        "dev", pictures["dev"], replies=[("referral", "answered; took Gina Lowe in as a contact", True)]
    )


def _the_third_goes_by_mail(world: World, pictures: dict[str, dict[str, Any]], server: SmtpServer) -> None:
    """Ada's last touch, the first ones to Eva, Finn and Gina, whom Dev named, leave today by the mail server."""
    assert "touch 3 by email since" in world("run")
    assert world.of("ada")["followups"] == [(2, "completed", True), (3, "overdue", True)]
    assert world.of("ada")["drafts"][2] == (3, "breakup", "draft")
    (introduction,) = world.rows(MessageDraft, "gina")
    assert (introduction.touch_number, introduction.approval_status) == (1, "draft")
    assert "Dev Marsh suggested that I write to you." in introduction.body
    assert world.approve(but=("ben",)) == 2
    before = datetime.now(UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTREACH_SMTP_URL", server.url)
        world("send", "--any-time")
    assert sorted(one.recipients[0] for one in server.letters) == [
        "ada@maple.example",
        "eva@elm.example",
        "finn@oak.example",
        "gina@birch.example",
    ]
    ada = world.of("ada")
    assert ada["contacted"] >= before
    assert (ada["sequence"], ada["due"], ada["place"]) == (("completed", 3, 3, 0), None, ["completed"])
    assert [(n, state) for n, state, _ in ada["followups"]] == [(2, "completed"), (3, "completed")]
    assert [n for n, _ in ada["touches"]] == [1, 2, 3]
    assert ada["activities"]["email_sent"] == 3
    for who in ("eva", "finn"):
        picture = world.of(who)
        assert (picture["contact"], picture["sequence"]) == (("sent", "active"), ("active", 1, 1, 0))
        assert (picture["place"], picture["followups"]) == (["active"], [(2, "pending", False)])
        assert picture["due"] == working(picture["contacted"].date() + timedelta(days=5))
    gina = world.of("gina")
    assert (gina["contact"], gina["sequence"], gina["followups"]) == (
        ("sent", "active"), ("active", 1, 1, 0), [(2, "pending", False)],
    )  # fmt: skip
    pictures.update({who: world.of(who) for who in ("ada", "eva", "finn")})


def _what_machines_answer(world: World, pictures: dict[str, dict[str, Any]]) -> None:
    """Finn's address does not exist. Eva is away until a day: her next touch waits for it."""
    now = datetime.now(UTC)
    (delivery,) = world.rows(Delivery, "finn")
    returned(world.folder, "gone", recipient="finn@oak.example", message_id=f"<{delivery.message_id}>", when=now)
    away = f"I am out of the office until {BACK.isoformat()}, with no access to mail."
    world.mail("away", "eva", away, now, Auto_Submitted="auto-replied")
    assert "2 new, 3 known before" in world.triage()
    pictures["finn"] = world.becomes(
        "finn",
        pictures["finn"],
        contact=("sent", "bounced"),
        sequence=("stopped", 1, 1, 0),
        due=None,
        place=["stopped"],
        followups=[(2, "skipped", False)],
        activities={"outreach_started": 1, "email_sent": 1, "note": 1},
    )
    assert world.contact("finn").email_verified is False
    pictures["eva"] = world.becomes(
        "eva",
        pictures["eva"],
        due=BACK + timedelta(days=1),
        activities={"outreach_started": 1, "email_sent": 1, "email_received": 1},
    )
    assert world.rows(Followup, "eva")[0].due_date == BACK + timedelta(days=1)
    assert [world.rows(Reply, who) for who in ("finn", "eva")] == [[], []]


def _yes(world: World, pictures: dict[str, dict[str, Any]]) -> None:
    """Ada says yes; the answer is drafted, approved and sent."""
    world.mail("glad", "ada", "Yes, that sounds good. Could we meet next week?", datetime.now(UTC))
    world.triage()
    (reply,) = world.rows(Reply, "ada")
    pictures["ada"] = world.becomes(
        "ada",
        pictures["ada"],
        contact=("replied", "active"),
        prospect="engaged",
        responded=reply.replied_at,
        engagement=10,
        sequence=("completed", 3, 3, 1),
        replies=[("positive", None, False)],
        activities={
            **pictures["ada"]["activities"],
            "email_received": 1,
        },
    )
    world("run")
    assert (3, "reply_draft", "draft") in world.of("ada")["drafts"]
    assert world.approve(but=("ben",)) == 1
    world.sent("ada", datetime.now(UTC))
    ada = world.of("ada")
    assert (3, "reply_draft", "sent") in ada["drafts"]
    assert ada["replies"] == [("positive", "answered", True)]
    assert ada["contacted"] > pictures["ada"]["contacted"]
    assert ada["sequence"] == ("completed", 3, 4, 1)
    pictures["ada"] = ada


def _the_meeting(world: World, pictures: dict[str, dict[str, Any]]) -> None:
    """Booked, held, qualified: credited to the third touch, not to the answer after it."""
    told = world("meeting", "booked", "ada@maple.example", "--on", TODAY.isoformat(), "--ae", "Sam Ortiz")
    assert "Credited to touch 3 by email" in told
    (reply,) = world.rows(Reply, "ada")
    handled = reply.handled_at
    pictures["ada"] = world.becomes(
        "ada",
        pictures["ada"],
        contact=("meeting_booked", "active"),
        engagement=35,
        replies=[("positive", reply.next_step_taken, True)],
        activities={**pictures["ada"]["activities"], "meeting": 1},
    )
    assert reply.next_step_taken.startswith("answered; meeting booked for")
    assert handled is not None
    (meeting,) = world.rows(Opportunity, "ada")
    touch = next(t for t in world.rows(Touchpoint, "ada") if t.touch_number == 3)
    draft = next(d for d in world.rows(MessageDraft, "ada") if d.id == touch.message_draft_id)
    assert (draft.touch_number, draft.touch_type) == (3, "breakup")
    assert (meeting.trigger_reply_id, meeting.trigger_touchpoint_id) == (reply.id, touch.id)
    assert (meeting.attribution_channel, meeting.attribution_touch_number) == ("email", 3)
    assert (meeting.attribution_proof_point, meeting.attribution_pain_hook) == (draft.proof_point_used, draft.pain_hook)
    assert meeting.attribution_opener_style == draft.opener_style
    assert meeting.attribution_personalization_score == draft.personalization_score
    assert (meeting.status, meeting.meeting_held, meeting.ae_name) == ("meeting_booked", False, "Sam Ortiz")
    assert "Nothing was changed" in world("meeting", "booked", "ada@maple.example", "--on", TODAY.isoformat())
    world("meeting", "held", "ada@maple.example")
    world("meeting", "qualified", "ada@maple.example", "--value", "180000")
    world("meeting", "feedback", "ada@maple.example", "Budget is there.")
    (meeting,) = world.rows(Opportunity, "ada")
    assert (meeting.status, meeting.meeting_outcome, meeting.meeting_held) == ("opportunity_created", "qualified", True)
    assert (meeting.pipeline_value, meeting.ae_feedback) == (180000, "Budget is there.")
    assert meeting.opportunity_created_date is not None
    pictures["ada"] = world.becomes(
        "ada", pictures["ada"], contact=("opportunity", "active"), activities=world.of("ada")["activities"]
    )
    found = world.json("opportunities")
    assert {"by": "touch", "value": "3", "meetings": 1, "opportunities": 1, "pipeline": 180000.0} in found["totals"]


def _the_whole(world: World) -> None:
    """Nothing is left over: every message triaged, every run whole, the database as it should be."""
    mails = world.read(lambda s: list(s.scalars(select(InboundMessage))))
    assert sorted(m.kind for m in mails) == ["bounce", "human", "human", "human", "human", "out_of_office"]
    assert all(m.processed_at is not None for m in mails)
    assert world.read(run_problems) == []
    assert world("db", "check")
    intents = world.read(lambda s: sorted(s.scalars(select(Reply.intent))))
    assert intents == ["not_now", "positive", "referral", "unsubscribe"]
    places = Counter(world.read(lambda s: list(s.scalars(select(BatchProspect.sequence_status)))))
    assert places == {"completed": 1, "replied": 2, "stopped": 2, "active": 1}
    states = Counter(world.read(lambda s: list(s.scalars(select(Followup.state)))))
    assert states == {"skipped": 4, "completed": 2, "pending": 3}
