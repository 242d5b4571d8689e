"""What drafting answers: a message, and what each of its factual sentences rests on."""

from typing import Literal

from pydantic import BaseModel, Field


class Claim(BaseModel):
    """A sentence of the message that says something about the reader or the organisation."""

    sentence: str = Field(description="The sentence, word for word as it stands in the body.")
    fact: int = Field(description="The number of the fact that it rests on.")


class DraftAnswer(BaseModel):
    """One message, complete but for the footer."""

    subject: str = Field(description="The subject line; empty for a call and for a LinkedIn note.")
    body: str = Field(description="The message from the greeting to the sender's name; of a call, what is said.")
    claims: list[Claim] = Field(description="Every factual sentence with its fact; one entry for each fact.")
    proof_point: str | None = Field(default=None, description="The id of the value or proof statement used, if any.")
    pain_hook: str | None = Field(default=None, description="The id of the pain statement used, if any.")
    opener_style: Literal["career_reference", "company_metric", "activity_reference"]
    ask_style: Literal["direct_ask", "soft_offer", "value_add"]
    note: str = Field(default="", description="What changed from the earlier version, in one sentence.")
