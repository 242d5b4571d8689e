"""When and how much a playbook's sender may send."""

import re
from datetime import date, time
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOSED = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_LEAP_YEAR = 2000


class Sending(BaseModel):
    """When mail may arrive, by the recipient's clock, and how much one mailbox may send.

    `warm_up` is what a mailbox may send in its first 24 hours and by how much that grows each day, until it reaches
    `per_day`: receivers trust an address that nobody has seen before only little by little.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri"], min_length=1)
    opens: time = time(8)
    closes: time = time(17)
    closed: list[str] = Field(default=[], description="days without mail: 'MM-DD' every year, or 'YYYY-MM-DD'")
    timezone: str = Field(default="America/New_York", description="for a recipient whose own is not known")
    per_hour: int = Field(default=20, ge=1)
    per_day: int = Field(default=50, ge=1)
    warm_up: tuple[int, int] = (10, 5)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as exc:  # KeyError: ZoneInfoNotFoundError
            raise ValueError(f"there is no timezone '{value}'; write one like America/New_York") from exc
        return value

    @field_validator("closed")
    @classmethod
    def _real_days(cls, value: list[str]) -> list[str]:
        for text in value:
            found = _CLOSED.fullmatch(text)
            if found is None:
                raise ValueError(f"'{text}' is no day: write MM-DD or YYYY-MM-DD")
            date(int(found[1] or _LEAP_YEAR), int(found[2]), int(found[3]))
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("`opens` must come before `closes`")
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("`opens` and `closes` are by the recipient's clock: leave the timezone out")
        if self.warm_up[0] < 1 or self.warm_up[1] < 1:
            raise ValueError("`warm_up` needs at least 1 message in the first 24 hours, and 1 more each day")
        return self

    def works_on(self, day: date) -> bool:
        """Whether mail may arrive on this day."""
        return WEEKDAYS[day.weekday()] in self.days and not {day.isoformat(), f"{day:%m-%d}"} & set(self.closed)
