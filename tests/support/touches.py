"""Made-up touches by the thousand, with what came of them, laid into a database as rows.

The triggers are taken off while the rows are laid: what they guard is tested elsewhere, and every touch would need its
own approval and delivery.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, insert

from db import triggers
from db.engine import make_engine
from db.models import (
    Account,
    Batch,
    BatchProspect,
    Contact,
    MessageDraft,
    Opportunity,
    Prospect,
    Reply,
    Touchpoint,
)
from db.stamps import new_id

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A Monday."""


@dataclass
class Rows:
    """Rows by table, to be laid in one go."""

    of: dict[type, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, model: type, **values: Any) -> str:
        values.setdefault("id", new_id())
        self.of.setdefault(model, []).append(values)
        return str(values["id"])

    def person(self, *, playbook: str = "sports-lighting", tier: str = "A1", persona: str = "CFO") -> str:
        """Somebody at an organisation of their own; the contact's id."""
        account = self.add(Account, name="Test College")
        prospect = self.add(
            Prospect,
            account_id=account,
            playbook=playbook,
            name="Test College",
            venue_type="college_d3",
            state="OH",
            tier=tier,
        )
        return self.add(
            Contact,
            account_id=account,
            prospect_id=prospect,
            first_name="Dana",
            last_name="Reyes",
            persona_type=persona,
            email=f"{prospect}@college.example",
        )

    def touch(self, contact: str, sent_at: datetime, *, number: int = 1, channel: str = "email", **draft: Any) -> str:
        """A message of ours that left; the touchpoint's id. `draft` are columns of its draft."""
        touch_type = draft.pop("touch_type", "email")
        made = {
            "batch_id": None, "opener_style": None, "proof_point_used": None, "pain_hook": None, "ab_group": None,
            "ab_variable": None, **draft,
        }  # fmt: skip
        draft_id = self.add(
            MessageDraft,
            contact_id=contact,
            channel=channel,
            touch_number=number,
            touch_type=touch_type,
            subject_line="Field lighting",
            body="Hi Dana, one question about the lights.",
            approval_status="sent",
            created_at=sent_at,
            **made,
        )
        return self.add(
            Touchpoint,
            contact_id=contact,
            message_draft_id=draft_id,
            channel=channel,
            touch_number=number,
            sent_at=sent_at,
        )

    def reply(self, contact: str, touch: str | None, when: datetime, intent: str = "neutral") -> str:
        return self.add(Reply, contact_id=contact, touchpoint_id=touch, channel="email", intent=intent, replied_at=when)

    def meeting(self, contact: str, when: datetime, **values: Any) -> str:
        account = next(row["account_id"] for row in self.of[Contact] if row["id"] == contact)
        given = {
            "trigger_touchpoint_id": None, "trigger_reply_id": None, "meeting_held": False,
            "opportunity_created": False, "pipeline_value": None, **values,
        }  # fmt: skip
        return self.add(Opportunity, contact_id=contact, account_id=account, created_at=when, **given)

    def batch(self, number: int, members: Mapping[str, str | None]) -> str:
        """A batch of contacts and their groups."""
        batch = self.add(Batch, batch_number=number, status="active", prospect_count=len(members))
        for place, (contact, group) in enumerate(members.items(), start=1):
            self.add(BatchProspect, batch_id=batch, contact_id=contact, ab_group=group, position_in_batch=place)
        return batch

    def lay(self, connection: Connection) -> None:
        for model in (
            Account, Prospect, Contact, Batch, BatchProspect, MessageDraft, Touchpoint, Reply, Opportunity
        ):  # fmt: skip
            if rows := self.of.get(model):
                connection.execute(insert(model), rows)


@contextmanager
def unguarded(url: str) -> Iterator[Connection]:
    """A connection of the owner's in a transaction, while the triggers are off."""
    engine = make_engine(url, "owner")
    try:
        with engine.begin() as connection:
            triggers.remove(connection)
            yield connection
            triggers.install(connection)
    finally:
        engine.dispose()


def lay(url: str, make: Callable[[Rows], Any]) -> Any:
    """Lays the rows that `make(rows)` adds, and gives what it gave."""
    rows = Rows()
    made = make(rows)
    with unguarded(url) as connection:
        rows.lay(connection)
    return made


OPENERS = ("career_reference", "company_metric", "activity_reference")
CHANCE = {"career_reference": 0.05, "company_metric": 0.11, "activity_reference": 0.06}
"""How often a message with this opener is answered."""
PERSONAS = ("Athletic Director", "Facilities Director", "CFO")


def made_up(people: int, touches: int, seed: int, personas: Sequence[str] = PERSONAS) -> Callable[[Rows], None]:
    """People who get up to `touches` touches each, a week apart, until they answer; over ten weeks."""

    def make(rows: Rows) -> None:
        random = Random(seed)
        accounts: dict[str, str] = {}
        for number in range(people):
            contact = rows.person(tier=random.choice(("A1", "A2", "B")), persona=random.choice(personas))
            accounts[contact] = rows.of[Contact][-1]["account_id"]
            first = START + timedelta(days=random.randrange(70))
            for touch in range(1, touches + 1):
                opener = random.choice(OPENERS)
                when = first + timedelta(days=7 * (touch - 1))
                made = rows.touch(
                    contact,
                    when,
                    number=touch,
                    channel="email" if touch != 3 else "linkedin",
                    opener_style=opener,
                    pain_hook=random.choice(("glare", "energy bills", "failing fixtures")),
                    proof_point_used=random.choice(("saved 60 % of energy", "played through a storm")),
                )
                if random.random() >= CHANCE[opener]:
                    continue
                back = when + timedelta(days=random.randrange(1, 9), hours=2)
                intent = random.choice(("positive", "positive", "neutral", "not_now", "negative", "unsubscribe"))
                reply = rows.reply(contact, made if number % 4 else None, back, intent)
                if intent == "positive" and random.random() < 0.6:
                    won = random.random() < 0.4
                    rows.add(
                        Opportunity,
                        contact_id=contact,
                        account_id=accounts[contact],
                        trigger_touchpoint_id=made,
                        trigger_reply_id=reply,
                        meeting_held=won or random.random() < 0.5,
                        opportunity_created=won,
                        pipeline_value=40000.0 if won else None,
                        created_at=back + timedelta(days=1),
                    )
                break

    return make
