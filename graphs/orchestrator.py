"""The orchestrator: code that reads what is due, and routes it. A model never chooses the next node."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from sqlalchemy.orm import Session

from agents.parts import Part
from agents.prospector import NoMapping
from agents.registry import AGENTS
from db.access import Database
from db.actors import acting_as
from db.queries.answers import answers_due, playbooks_of_replies, replies_to_triage
from db.queries.due import DueTouch, drafts_of_run, first_touches_due, followups_due
from db.queries.wanted import Wanted
from db.thread_ids import reply_thread
from graphs.contact import Graph
from graphs.nodes import NEVER_CAME_ROUND, Machine, make_node
from graphs.threads import ORCHESTRATOR, Tally, Threads
from playbooks import load_playbook
from tools.batches.progress import follow_open_batches
from tools.scoring import due
from tools.sequences import settle

MOST_HOPS = 50
Step = Literal["prospector", "hygiene", "contacts", "replies"]
NODE_OF: dict[Part, Step] = {
    Part.IMPORT: "prospector",
    Part.REPLIES: "replies",
    Part.SCORE: "hygiene",
    Part.DRAFT: "contacts",
}
"""The node that does a part of a run, for those who ask for some parts alone."""


class Find(Protocol):
    """Finds what is due: at most `limit`, none of the threads in `without`."""

    def __call__(self, session: Session, *, limit: int, without: Collection[str]) -> Sequence[DueTouch]: ...


class RunState(TypedDict, total=False):
    """What a run carries. `files` are the imports asked for, `next_file` the first not yet taken; `plan` says, hop by
    hop, what was done and why.
    `only` are the nodes asked for, all where it is empty; `wanted` the filters on who is written to, `batch_id` the
    batch whose people alone are."""

    root_run_id: str
    playbook: str
    files: list[dict[str, Any]]
    next_file: int
    file: dict[str, Any] | None
    limit: int | None
    only: list[Step]
    wanted: dict[str, Any] | None
    batch_id: str | None
    hygiene_done: bool
    contacts_done: bool
    replies_done: bool
    next: str | None
    plan: list[dict[str, Any]]
    result: dict[str, Any]
    tally: dict[str, Any]


class GoalState(TypedDict, total=False):
    """A goal, and what it was read as: `order` as agents.orchestrator_schema.WorkOrder in JSON, `matching` the people
    whom it would write to now."""

    root_run_id: str
    playbook: str
    goal: str
    order: dict[str, Any]
    matching: int


def next_step(state: RunState, to_score: int, replies: int) -> tuple[Step | None, str]:
    """What comes next, and why: files first, then replies, then scoring, then contacts."""
    files, taken = state.get("files", []), state.get("next_file", 0)
    asked = state.get("only") or list(NODE_OF.values())
    if len(state.get("plan", [])) >= MOST_HOPS:
        return None, f"{MOST_HOPS} hops are enough for one run"
    if taken < len(files) and "prospector" in asked:
        return "prospector", f"file {taken + 1} of {len(files)} to import"
    if "replies" in asked and replies and not state.get("replies_done"):
        return "replies", f"{replies} replies to triage"
    if "hygiene" in asked and to_score and not state.get("hygiene_done"):
        return "hygiene", f"{to_score} prospects to score"
    if "contacts" in asked and not state.get("contacts_done"):
        return "contacts", "answers, follow-ups and first touches that are due"
    return None, "nothing else is due" if len(asked) == len(NODE_OF) else f"only {', '.join(asked)} asked for"


@dataclass
class _Writing:
    """Starts the threads of a run's contacts, for at most `most` drafts. `tried` are the threads that it started."""

    db: Database
    runner: Threads
    root_run_id: str
    playbook: str
    most: int
    tally: Tally = field(default_factory=Tally)
    tried: set[str] = field(default_factory=set)

    async def to(self, find: Find) -> None:
        """Runs the threads of whom `find` gives, until it gives nobody or the limit is reached."""
        while self.tally.stopped is None:
            # What this run wrote before a crash counts as well; and a contact that failed has used up its place,
            # or a model that fails them all would be shown every one.
            written = await self.db.read(lambda session: drafts_of_run(session, self.root_run_id))
            left = self.most - written - self.tally.failed
            if left <= 0:
                break
            under_way = await self.runner.known() | self.tried
            found = await self.db.read(partial(find, limit=left, without=under_way))
            if not found:
                break
            self.tried.update(d.thread_id for d in found)
            states = [(d.thread_id, d.state(self.root_run_id, self.playbook)) for d in found]
            await self.runner.start_all(states, self.tally)


class _Nodes:
    """The nodes of a run. `threads` gives the runner of the contacts' and replies' own threads."""

    def __init__(self, machine: Machine, threads: Callable[[], Threads]) -> None:
        self._machine = machine
        self._threads = threads
        self._take_file = make_node(machine, AGENTS["prospector"])

    async def plan(self, state: RunState) -> dict[str, Any]:
        """Says what comes next (`next_step`), and keeps it in `plan`."""
        playbook = state["playbook"]
        to_score, replies = await self._machine.db.read(
            lambda session: (len(due(session, load_playbook(playbook))), len(replies_to_triage(session)))
        )
        step, why = next_step(state, to_score, replies)
        entry = {"next": step or "end", "because": why}
        update: dict[str, Any] = {"next": step, "plan": [*state.get("plan", []), entry]}
        if step == "prospector":
            taken = state.get("next_file", 0)
            update |= {"file": state["files"][taken], "next_file": taken + 1}
        if step == "hygiene":
            update["hygiene_done"] = True
        return update

    async def prospector(self, state: RunState) -> dict[str, Any]:
        """Imports one file; a file that cannot be taken is told of in the tally."""
        try:
            return await self._take_file(state)
        except (NoMapping, *NEVER_CAME_ROUND) as exc:
            if state.get("only") == ["prospector"]:
                raise  # nothing else was asked for
            # One cell of a file must not keep everybody else from being written to.
            name = Path(str((state.get("file") or {}).get("path", ""))).name
            return {"tally": _added(state, Tally(failed=1, errors=[f"{name} was not imported: {exc}"]))}

    async def contacts(self, state: RunState) -> dict[str, Any]:
        """Writes to whom a message is due, until the limit is reached: who has answered, or was written to before,
        comes first. A goal says itself whom to write to, and how many."""
        playbook, today = load_playbook(state["playbook"]), self._machine.clock()
        limit, batch_id = state.get("limit"), state.get("batch_id")
        most = playbook.limits.drafts_per_run if limit is None else limit
        writing = _Writing(self._machine.db, self._threads(), state["root_run_id"], playbook.name, most)
        if state.get("wanted") is None:
            with acting_as(ORCHESTRATOR):
                await self._machine.db.write(lambda session: settle(session, playbook, today))
                await self._machine.db.write(follow_open_batches)
            await writing.to(partial(answers_due, playbook=playbook.name, batch_id=batch_id))
            await writing.to(partial(followups_due, playbook=playbook.name, today=today.date(), batch_id=batch_id))
        await writing.to(
            partial(
                first_touches_due,
                playbook=playbook.name,
                tiers=playbook.draft_tiers,
                personas=playbook.contact_personas,
                wanted=Wanted.model_validate(state.get("wanted") or {}),
                batch_id=batch_id,
                today=today.date(),
            )
        )
        return {"contacts_done": True, "tally": _added(state, writing.tally)}

    async def replies(self, state: RunState) -> dict[str, Any]:
        """Has every reply triaged that nobody has read."""
        runner, tally, db = self._threads(), Tally(), self._machine.db
        # Those that have a thread were carried on with by the sweep, or given up.
        under_way = await runner.known()
        ids = [i for i in await db.read(replies_to_triage) if reply_thread(i) not in under_way]
        playbooks = await db.read(lambda session: playbooks_of_replies(session, ids))
        start = {"root_run_id": state["root_run_id"]}
        wanted = [
            (reply_thread(i), {**start, "inbound_id": i, "playbook": playbooks.get(i, state["playbook"])}) for i in ids
        ]
        await runner.start_all(wanted, tally)
        return {"replies_done": True, "tally": _added(state, tally)}


def build_orchestrator(machine: Machine, saver: BaseCheckpointSaver[str], threads: Callable[[], Threads]) -> Graph:
    """The compiled graph of a run. `threads` gives the runner of the contacts' own threads."""
    nodes = _Nodes(machine, threads)
    graph = StateGraph(RunState)
    graph.add_node("plan", nodes.plan)
    graph.add_node("prospector", nodes.prospector)
    graph.add_node("hygiene", make_node(machine, AGENTS["hygiene"]))
    graph.add_node("contacts", nodes.contacts)
    graph.add_node("replies", nodes.replies)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", _route, ["prospector", "hygiene", "contacts", "replies", END])
    for name in ("prospector", "hygiene", "contacts", "replies"):
        graph.add_edge(name, "plan")
    return graph.compile(checkpointer=saver, name="orchestrator")


def _route(state: RunState) -> str:
    return state.get("next") or END


def build_goal_graph(machine: Machine) -> Graph:
    """The compiled graph that reads a goal in words into a work order: one node, nothing to carry on with."""
    graph = StateGraph(GoalState)
    graph.add_node("orchestrator", make_node(machine, AGENTS["orchestrator"]))
    graph.add_edge(START, "orchestrator")
    graph.add_edge("orchestrator", END)
    return graph.compile(name="goal")


def _added(state: RunState, tally: Tally) -> dict[str, Any]:
    before = state.get("tally") or asdict(Tally())
    now = asdict(tally)
    return {
        "done": before["done"] + now["done"],
        "waiting": before["waiting"] + now["waiting"],
        "failed": before["failed"] + now["failed"],
        "stopped": before["stopped"] or now["stopped"],
        "errors": [*before["errors"], *now["errors"]][:20],
    }
