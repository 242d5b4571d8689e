"""The shape of what an analyst prepares for a call; who it is and what was said so far comes from the records."""

from pydantic import BaseModel, ConfigDict, Field

QUESTIONS = 3
MOST_WORDS = 60
"""Of what is said aloud in the first 20 seconds, or to a machine."""


class CallLine(BaseModel):
    """Something to know or to say, with the points that it rests on."""

    model_config = ConfigDict(extra="forbid")

    text: str
    points: list[int] = Field(description="The numbers of the points that it rests on.")


class CallSheet(BaseModel):
    """What to know, ask and say on a call."""

    model_config = ConfigDict(extra="forbid")

    why_now: list[CallLine] = Field(
        max_length=3, description="Why this person, now; each rests on a point. Empty where no point says why."
    )
    questions: list[CallLine] = Field(
        min_length=QUESTIONS, max_length=QUESTIONS, description="Three questions to ask, the most useful first."
    )
    opening: CallLine = Field(description="What is said when they pick up, in 20 seconds; ends with a question.")
    voicemail: CallLine = Field(description="What is said to a machine, in 20 seconds; asks for no call back.")
