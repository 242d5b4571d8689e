"""The shape of a goal that was read: a work order."""

from pydantic import Field

from agents.parts import Part
from db.queries.wanted import Wanted


class WorkOrder(Wanted):
    """What a run is asked to do: the filters say to whom drafts go, the rest how many, from what, and what else."""

    count: int | None = Field(default=None, ge=1, le=1000, description="most new drafts")
    playbook: str | None = Field(default=None, description="only if the goal names one")
    files: list[str] = Field(default=[], description="files to import first, as the goal writes them")
    only: list[Part] = Field(default=[], description="empty: whatever is due")
    not_understood: list[str] = Field(default=[], description="words of the goal that no field stands for")

    def wanted(self) -> Wanted:
        """The filters alone."""
        return Wanted(**{name: getattr(self, name) for name in Wanted.model_fields})
