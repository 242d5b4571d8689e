"""What a tool may know of the run it is called in. It comes from code, never from a model's arguments."""

from dataclasses import dataclass, field

from db.access import Database
from playbooks import Playbook


@dataclass(frozen=True)
class Source:
    """One document that the researcher may read: `number` is how the model names it (1, 2, …).

    `text` is what quotes are checked against, letter for letter. `url` is the publisher's page, where there is one;
    `external_id_ref` the row of `external_ids` that it came from.
    """

    number: int
    title: str
    text: str
    url: str | None = None
    external_id_ref: str | None = None
    observed_on: str | None = None


@dataclass(frozen=True)
class ToolContext:
    """Handed to every tool as `runtime.context`: whom this run is about, and where its writes go.

    `run_id` is the agent's row in `agent_runs`; writes made through `db` are attributed to `agent:{run_id}`.
    """

    db: Database
    playbook: Playbook
    run_id: str
    account_id: str | None = None
    prospect_id: str | None = None
    contact_id: str | None = None
    snapshot_id: str | None = None
    sources: tuple[Source, ...] = ()
    columns: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    titles: tuple[str, ...] = field(default=())
    target: str | None = None
