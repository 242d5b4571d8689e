"""What a suite is made of: cases, and a task that says how a case runs on the shipped agents and how it is judged."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from db.access import Database
    from evals.worlds import World

PASSED = "passed"
"""The metric that every suite has: the share of its cases that are right in everything."""


class Part(BaseModel):
    """The `input` or `expected` of a case: what is not declared is refused, so that a misspelt field is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


I = TypeVar("I", bound=Part)  # noqa: E741
E = TypeVar("E", bound=Part)

Mark = bool | tuple[float, float]
"""Right or wrong in one respect; or how many were right, and of how many."""


@dataclass(frozen=True)
class Judgement:
    """What came of one case. `marks` has, by metric, what applies to this case: precision applies only where
    something was found, recall only where something was to be found. `wrong` says in words what is wrong; a case with
    nothing wrong has passed."""

    marks: Mapping[str, Mark] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.wrong


@dataclass(frozen=True)
class Task(Generic[I, E]):
    """How the cases of a suite are run and judged.

    `stage` writes what all cases begin with (once, into the template of the databases); `run` writes the case's own
    rows and runs the shipped graph, step or command on them; `found` reads the final rows, also after a step that
    failed; `judge` compares. `rate` asks a judge about what came of it: what that takes and costs is not the case's.
    `reads` turns a line of data that is kept in another form into this one, or leaves it out with None.
    """

    input: type[I]
    expected: type[E]
    run: Callable[["World", I], Awaitable[None]]
    found: Callable[["World", I], Awaitable[dict[str, Any]]]
    judge: Callable[[I, E, Mapping[str, Any]], Judgement]
    stage: "Callable[[Database], None] | None" = None
    rate: Callable[["World", I], Awaitable[None]] | None = None
    reads: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None


@dataclass(frozen=True)
class Case:
    """One case. `group` names the cases that belong together (one text, one organisation): they are drawn together
    when an interval is made. `raw` is the line as it stands in the file."""

    id: str
    input: Part
    expected: Part
    tags: tuple[str, ...]
    source: str
    group: str
    raw: Mapping[str, Any]
