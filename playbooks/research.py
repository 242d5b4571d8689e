"""What research looks for on a playbook's behalf."""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Research(BaseModel):
    """What research looks for beside the name of an organisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    openings: str | None = Field(
        default=None, description="a pattern: whose title has it is an opening worth telling; None: no opening is"
    )
    search: dict[str, str] = Field(
        default={}, description="what a search engine is asked for beside the name, by kind of fact"
    )

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        try:
            re.compile(self.openings or "")
        except re.error as exc:
            raise ValueError(f"{self.openings!r} is no pattern: {exc}") from exc
        return self
