"""The shape of reply triage's answer."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from db.enums import ReplyIntent, ReplyTag


class Triage(BaseModel):
    """What a reply wants."""

    model_config = ConfigDict(extra="forbid")

    intent: ReplyIntent
    reply_tag: ReplyTag
    # Whole numbers: under a grammar small models write a fraction without end (0.9999…).
    confidence: int = Field(ge=0, le=100, description="per cent, 0 to 100")
    summary: str = Field(min_length=1, max_length=400)
    referral_name: str | None = Field(default=None, max_length=120)
    referral_title: str | None = Field(default=None, max_length=120)
    referral_email: str | None = Field(default=None, max_length=254)
    resume_date: date | None = None
    recommended_next_step: str = Field(min_length=1, max_length=400)
