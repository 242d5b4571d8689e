"""What a message is and wants, without a database: the same reading, rules and agent as triage, and nothing written."""

import json
from datetime import date
from typing import Any, Literal

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field

from agents.models import ModelSettings, build_model, close_model
from agents.models.structured import ask
from agents.reply_triage import MOST_TEXT, NAME, checked
from agents.reply_triage_policy import policy
from agents.reply_triage_schema import Triage
from db.enums import InboundKind, ReplyIntent, ReplyTag
from playbooks import Playbook
from prompts import Prompt, newest
from tools.mail import Mail, asks_to_stop, human_text, own_lines, sort_mail


class Bounce(BaseModel):
    """Of a bounce: how bad it is, the server's status code, and whom the mail did not reach."""

    model_config = ConfigDict(extra="forbid")

    severity: Literal["hard", "soft", "block"]
    code: str | None
    address: str | None


class Referral(BaseModel):
    """Somebody else whom the message names."""

    model_config = ConfigDict(extra="forbid")

    name: str | None
    title: str | None
    email: str | None


class Classified(BaseModel):
    """One message. What does not apply to its kind is null; dates are YYYY-MM-DD."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="The message's own id: of the JSON line, else its Message-ID, else its file's name.")
    source: str = Field(description="The file, with the number of the message where it holds several.")
    kind: InboundKind
    bounce: Bounce | None = Field(description="For a bounce only.")
    intent: ReplyIntent | None = Field(description="For a person's message only.")
    reply_tag: ReplyTag | None
    confidence: float = Field(ge=0, le=1, description="How likely the intent is right; of a machine's mail, the kind.")
    for_review: bool = Field(description="The confidence is below the playbook's: a person should look.")
    referral: Referral | None
    resume_date: date | None = Field(description="When to write again, as the person named it.")
    return_date: date | None = Field(description="Of an absence: when the person is back.")
    complainer: str | None = Field(description="Of a complaint: who made it, where the report says.")
    summary: str | None
    text: str = Field(description="What the person wrote, without quotes and signature.")


_SURE_OF_KIND = 0.95


class Classifier:
    """Classifies messages one by one, by the model that the settings name; one event loop, `async with`."""

    def __init__(self, models: ModelSettings, playbook: Playbook, prompt: Prompt | None = None) -> None:
        self._model = build_model(models, policy)
        self._playbook = playbook
        self._instructions = (prompt or newest(NAME)).render(playbook=playbook)

    async def __aenter__(self) -> "Classifier":
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await close_model(self._model)

    async def classify(self, mail: Mail, *, message_id: str, source: str, today: date) -> Classified:
        """What one mail is; `today` is the day that dates without a year count from, of a mail without a date."""
        day = mail.date.date() if mail.date is not None else today
        found = sort_mail(mail, day)
        text = human_text(mail.text)
        given: dict[str, Any] = {
            "id": message_id,
            "source": source,
            "kind": found.kind,
            "bounce": None,
            "intent": None,
            "reply_tag": None,
            "confidence": _SURE_OF_KIND,
            "for_review": False,
            "referral": None,
            "resume_date": None,
            "return_date": found.back_on,
            "complainer": found.address if found.kind is InboundKind.COMPLAINT else None,
            "summary": found.reason or None,
            "text": text,
        }
        if found.kind is InboundKind.BOUNCE:
            given["bounce"] = Bounce(severity=found.severity, code=found.code, address=found.address)
        if found.kind is InboundKind.HUMAN:
            given |= await self._human(mail, text, day)
        return Classified.model_validate(given)

    async def _human(self, mail: Mail, text: str, day: date) -> dict[str, Any]:
        material = {
            "today": day.isoformat(),
            "kind": InboundKind.HUMAN.value,
            "subject": mail.subject,
            "text": text[:MOST_TEXT],
            "our_message": None,
        }
        messages: list[BaseMessage] = [
            SystemMessage(self._instructions),
            HumanMessage(json.dumps(material, ensure_ascii=False, indent=1)),
        ]
        triage = (await ask(self._model, Triage, messages)).value
        stops = asks_to_stop(text, mail.subject, below=own_lines(mail.text))
        verdict = checked(triage, text, mail.subject, stops, day)
        named = (verdict.referral_name, verdict.referral_title, verdict.referral_email)
        return {
            "intent": verdict.intent,
            "reply_tag": verdict.reply_tag,
            "confidence": verdict.confidence,
            "for_review": verdict.confidence < self._playbook.limits.reply_confidence,
            "referral": Referral(name=named[0], title=named[1], email=named[2]) if any(named) else None,
            "resume_date": verdict.resume_date,
            "summary": verdict.summary,
        }
