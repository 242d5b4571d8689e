"""The shape of a batch's brief: five lines, each with the points that it rests on."""

from pydantic import BaseModel, ConfigDict, Field

MOST = 200
"""Characters of a line; five of them are read before the first coffee."""


class BriefLine(BaseModel):
    """One line of a brief."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description=f"One or two plain sentences, at most {MOST} characters, no line break.")
    points: list[int] = Field(description="The numbers of the points that it rests on: every one whose number it says.")


class Brief(BaseModel):
    """Five lines about a batch."""

    model_config = ConfigDict(extra="forbid")

    who: BriefLine = Field(description="Who is in it.")
    why: BriefLine = Field(description="What the reasons to write to them are.")
    test: BriefLine = Field(description="What is tested, and on how many; or that nothing is.")
    watch: BriefLine = Field(description="What to watch for: the likely objection, what may go wrong.")
    first: BriefLine = Field(description="What to do first.")

    def lines(self) -> list[BriefLine]:
        """The five in order."""
        return [self.who, self.why, self.test, self.watch, self.first]
