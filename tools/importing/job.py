"""What an import is about, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from playbooks import ContactFormula, Playbook
from tools.importing.mapping import FIELDS, Mapped, source_of
from tools.normalise import day
from tools.reading import Row

Kind = Literal["organisations", "facts", "openings", "contacts"]
KINDS: tuple[Kind, ...] = ("organisations", "facts", "openings", "contacts")
KEPT_REJECTS = 1000
"""How many refused rows an Outcome holds; all of them are counted, and written to the file of rejects."""

_ONLY_ORGANISATIONS_HAVE = {
    "division",
    "sanction",
    "industry",
    "employees",
    "enrollment",
    "website",
    "domain",
}
_FACTS = {"stadium_name", "seating_capacity", "year_built", "conference"}


@dataclass(frozen=True)
class FileInfo:
    """A file as the operator describes it. `organisation_column` names the organisation that a row belongs to.

    `least` is how sure a column's mapping must be to be used (0-1); `only_map` agrees on the mapping and takes no row.
    """

    path: Path
    source: str
    what: Kind | None = None
    source_url: str | None = None
    licence: str | None = None
    id_column: str | None = None
    organisation_column: str | None = None
    observed_on: date | None = None
    sha256: str | None = None
    rejects_path: Path | None = None
    least: float = 0.0
    only_map: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any], columns: Sequence[str] = ()) -> "FileInfo":
        """From the plain `file` of a graph's state. Without a source, the system that the columns are of is named,
        else the file's name. Raises ValueError for a `what` that does not exist."""
        what = given.get("what")
        if what is not None and what not in KINDS:
            raise ValueError(f"'{what}' is not what a file can hold; that is one of {', '.join(KINDS)}.")
        path = Path(given["path"])
        rejects = given.get("rejects_path")
        observed = given.get("observed_on")
        return cls(
            path=path,
            source=given.get("source") or source_of(columns) or path.name,
            what=what,
            source_url=given.get("source_url"),
            licence=given.get("licence"),
            id_column=given.get("id_column"),
            organisation_column=given.get("organisation_column"),
            observed_on=day(str(observed)) if observed else None,
            sha256=given.get("sha256"),
            rejects_path=Path(rejects) if rejects else None,
            least=float(given.get("least") or 0.0),
            only_map=bool(given.get("only_map")),
        )


def kind_of(what: Kind | None, mapped: Mapped) -> Kind:
    """What the rows are. Where the operator didn't say: organisations that bring stadium facts and nothing that
    would make an organisation (no division, no web address, …) are facts about organisations already known."""
    if what is not None:
        return what
    if mapped.entity == "signal":
        return "openings"
    if mapped.entity in ("contact", "mixed"):
        return "contacts"
    fields = mapped.columns.keys()
    if not fields & _ONLY_ORGANISATIONS_HAVE and fields & _FACTS:
        return "facts"
    return "organisations"


@dataclass(frozen=True)
class ImportJob:
    """One import: the same for all its rows."""

    playbook: Playbook
    run_id: str
    file: FileInfo
    mapped: Mapped
    kind: Kind

    @cached_property
    def id_column(self) -> str | None:
        """The column with the organisation's id: what the operator says goes before what was mapped."""
        if self.file.organisation_column:
            return self.file.organisation_column
        if self.kind in ("organisations", "facts") and self.file.id_column:
            return self.file.id_column
        return self.mapped.id_column

    @cached_property
    def row_id_column(self) -> str | None:
        """The column that tells the rows apart, where that is not the organisation's id."""
        own = self.file.id_column if self.kind in ("openings", "contacts") else None
        return own if own and own != self.id_column else None

    @cached_property
    def person_id_column(self) -> str | None:
        """The column with the person's own id in the source."""
        column = self.row_id_column or self.mapped.columns.get("person_id")
        return column if column != self.id_column else None

    @cached_property
    def makes_companies(self) -> bool:
        """Whether a name is enough for an organisation to be pursued: a company's is, a school needs a division."""
        return isinstance(self.playbook.scoring, ContactFormula)

    @cached_property
    def _organisation_columns(self) -> frozenset[str]:
        columns = {self.mapped.columns.get(name) for name in FIELDS["organisation"]} | {self.id_column}
        return frozenset(column for column in columns if column)

    def payload(self, row: Row) -> dict[str, Any]:
        """The source's record as it came; of a row that is a person as well, the organisation's part alone."""
        if self.kind != "contacts":
            return dict(row.cells)
        wanted = self._organisation_columns
        return {column: cell for column, cell in row.cells.items() if column in wanted}


@dataclass(frozen=True)
class Reject:
    """A row that could not be taken, and why, in words."""

    row: Row
    reason: str


class RowRefused(Exception):
    """This row cannot be taken; the message says why."""


@dataclass
class Outcome:
    """What an import, or a part of it, did. `created` and `updated` count rows of our tables by name.

    `rejects` are the first refused rows, `rejected` counts all of them by reason. `seconds` says where the time went:
    normalise, match, write.
    """

    processed: int = 0
    unchanged: int = 0
    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def refuse(self, row: Row, reason: str) -> None:
        """Counts a row that is not taken."""
        self.rejects.append(Reject(row, reason))
        self.rejected[reason] += 1

    def add(self, other: "Outcome") -> None:
        """Counts another part's rows in."""
        self.processed += other.processed
        self.unchanged += other.unchanged
        self.rejects += other.rejects[: max(0, KEPT_REJECTS - len(self.rejects))]
        for name in ("created", "updated", "rejected", "notes"):
            getattr(self, name).update(getattr(other, name))
        for part, seconds in other.seconds.items():
            self.spent(part, seconds)

    def spent(self, part: str, seconds: float) -> None:
        """Counts time in."""
        self.seconds[part] = self.seconds.get(part, 0.0) + seconds

    def as_json(self) -> dict[str, Any]:
        """For `agent_runs.outputs`."""
        return {
            "processed": self.processed,
            "unchanged": self.unchanged,
            "created": dict(self.created),
            "updated": dict(self.updated),
            "rejected": dict(self.rejected),
            "notes": dict(self.notes),
        }
