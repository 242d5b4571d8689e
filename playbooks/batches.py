"""What a batch is made of: named shares of people, and how many of each one usually takes."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Data):
    """A kind of people that a batch takes some of.

    `filter` has the filters of a work order (db.queries.wanted.Wanted): personas, signals, venues, tiers and so on.
    """

    who: str = Field(description="who they are, in words for a person")
    filter: dict[str, list[str] | int]


class Batches(_Data):
    """The batches of a playbook: its shares, and the mix that is taken where nobody asks for another."""

    shares: dict[str, Share] = {}
    mix: dict[str, int] = Field(default={}, description="share to how many people, in OCC's form of batches.mix_ratio")

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := set(self.mix) - set(self.shares):
            raise ValueError(f"the mix names shares that do not exist: {', '.join(sorted(unknown))}")
        if any(count < 1 for count in self.mix.values()):
            raise ValueError("a share of the mix has at least one person")
        return self

    @property
    def size(self) -> int:
        """How many people the usual mix has."""
        return sum(self.mix.values())
