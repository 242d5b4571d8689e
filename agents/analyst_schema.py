"""What the analyst says of a period: a few statements, each with the rows of numbers that it rests on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.analyst.report_rows import MOST_LINES


class Statement(BaseModel):
    """One line. `rows` are the numbers of the rows that it rests on."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["overall", "worked", "too_little", "next"]
    text: str
    rows: list[int] = Field(min_length=1)


class Analysis(BaseModel):
    """What worked, for whom, what is too little to say, what to try next."""

    model_config = ConfigDict(extra="forbid")

    statements: list[Statement] = Field(min_length=1, max_length=MOST_LINES)
