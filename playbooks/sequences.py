"""The shape of a sequence: which touches follow the first, by which channel, after how long; and what each is for."""

import re
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from playbooks.sending import Weekday

ChannelName = Literal["email", "linkedin", "call"]
TouchName = Literal["inmail", "email", "call_snippet", "breakup", "re_engagement", "reply_draft"]
TouchKind = Literal["first", "followup", "breakup", "re_engagement", "reply", "inmail", "note", "call"]
"""What a touch is to its reader: `inmail` is a LinkedIn message with a subject, `note` one without (a connection
request, at most 300 characters)."""

_CARRIES: Final = {
    "email": {"email", "breakup", "re_engagement", "reply_draft"},
    "linkedin": {"inmail", "breakup"},
    "call": {"call_snippet"},
}


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Data):
    """One touch of a sequence.

    `days` are counted from the touch before; None takes those of the seed template (SB, outreach_templates). A day
    that is none to write on moves the touch to the next one.
    """

    channel: ChannelName
    touch: TouchName
    days: int | None = Field(default=None, ge=0, le=365)
    note: bool = Field(default=False, description="LinkedIn only: the note of a connection request, without a subject")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.touch not in _CARRIES[self.channel] or self.touch in ("re_engagement", "reply_draft"):
            raise ValueError(f"no step of a sequence is a {self.touch} by {self.channel}")
        if self.note and self.channel != "linkedin":
            raise ValueError("only a step by linkedin is a note")
        return self


class Timing(_Data):
    """The days on which somebody is written to. `closed` are days of every year, as MM-DD."""

    weekdays: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri"], min_length=1)
    closed: list[str] = []

    @field_validator("closed")
    @classmethod
    def _are_days(cls, days: list[str]) -> list[str]:
        if wrong := [day for day in days if not re.fullmatch(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", day)]:
            raise ValueError(f"not a day as MM-DD: {', '.join(wrong)}")
        return days


def kind_of(touch: int, touch_type: str, *, note: bool = False) -> TouchKind:
    """What a touch is to its reader, from its number and type."""
    if touch_type == "inmail":
        return "note" if note else "inmail"
    named: dict[str, TouchKind] = {
        "call_snippet": "call",
        "breakup": "breakup",
        "re_engagement": "re_engagement",
        "reply_draft": "reply",
    }
    return named.get(touch_type, "first" if touch == 1 else "followup")
