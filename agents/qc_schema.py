"""What the judge answers."""

from typing import Literal

from pydantic import BaseModel, Field


class JudgeFlag(BaseModel):
    """One thing that a careful reader would stumble over."""

    words: str = Field(description="The words it is about, copied exactly from the subject or body.")
    problem: str = Field(description="What is wrong, in one sentence.")
    fix: str = Field(description="What to do, in one sentence.")
    severity: Literal["block", "warn"]


class Verdict(BaseModel):
    """All flags; an empty list means that the message may go to the person who approves it."""

    flags: list[JudgeFlag]
