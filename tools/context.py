"""What a tool may know of the run it is called in. It comes from code, never from a model's arguments."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

from db.access import Database
from playbooks import Playbook


@dataclass(frozen=True)
class Stated:
    """A fact that rules found in a page, with its confidence from 1 to 5 (tools.web.facts)."""

    field: str
    sentence: str
    quote: str
    confidence: int


@dataclass(frozen=True)
class PageNotes:
    """What is known of a source that is a web page: whom it was read for and whether it is their own site, the date
    that it states, and what rules found in it."""

    names: tuple[str, ...]
    own_site: bool
    published: date | None = None
    stated: tuple[Stated, ...] = ()


@dataclass(frozen=True)
class Source:
    """One document that the researcher may read: `number` is how the model names it (1, 2, …).

    `text` is what quotes are checked against, letter for letter. `url` is the publisher's page, where there is one;
    `external_id_ref` the row of `external_ids` that it came from; `page` what is known of it where it is a web page.
    """

    number: int
    title: str
    text: str
    url: str | None = None
    external_id_ref: str | None = None
    observed_on: str | None = None
    page: PageNotes | None = None


@runtime_checkable  # LangChain looks at what a tool's context holds
class Pages(Protocol):
    """The web pages of a run: what may be read by number, and what was read, as sources."""

    async def read(self, number: int) -> dict[str, Any] | None:
        """What a model is told of the page of a number, read or refused; None where there is no such number."""
        ...

    async def source(self, number: int) -> Source | None:
        """The page that became source `number` during this run."""
        ...


@dataclass(frozen=True)
class ToolContext:
    """Handed to every tool as `runtime.context`: whom this run is about, and where its writes go.

    `run_id` is the agent's row in `agent_runs`; writes made through `db` are attributed to `agent:{run_id}`. `names` is
    what the organisation is called.
    """

    db: Database
    playbook: Playbook
    run_id: str
    account_id: str | None = None
    prospect_id: str | None = None
    contact_id: str | None = None
    snapshot_id: str | None = None
    sources: tuple[Source, ...] = ()
    pages: Pages | None = None
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    titles: tuple[str, ...] = field(default=())
    target: str | None = None

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """LangChain has pydantic check, and copy into plain data, all that a tool is called with: at each call the
        playbook and every source, for nothing. This one is taken as it is, and left out of the copy."""
        return {
            "type": "is-instance",
            "cls": cls,
            "serialization": {"type": "function-plain", "function": lambda _context: None},
        }
