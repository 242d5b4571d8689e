"""The graph that one contact goes through, for one touch: research, draft, check, a person, out."""

from dataclasses import replace
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from sqlalchemy.orm import Session

from agents.agent import CodeAgent, Done, State, Work
from agents.registry import AGENTS
from db.models import MessageDraft
from db.queries.inbox import Standing, standing
from graphs.approval import make_approval
from graphs.entry import Asked
from graphs.nodes import Machine, Node, make_node
from graphs.routing import (
    ContactState,
    after_approval,
    after_dispatch,
    after_drafting,
    after_qc,
    after_research,
    at_start,
)
from playbooks import load_playbook
from tools.journal import note

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_contact_graph(
    machine: Machine, saver: BaseCheckpointSaver[str] | None, *, entry: Node | None = None
) -> Graph:
    """The compiled graph. Without a saver it is what `langgraph dev` wants, which brings its own. `entry` makes the
    thread's first state of what is asked for, where nobody has made it."""

    def checked(state: ContactState) -> str:
        return after_qc(state, load_playbook(state["playbook"]).limits.qc_revisions)

    graph = StateGraph(ContactState) if entry is None else StateGraph(ContactState, input_schema=Asked)
    for name in ("researcher", "drafting", "qc"):
        graph.add_node(name, make_node(machine, AGENTS[name]))
    graph.add_node("approval", make_approval(machine))
    dispatch = AGENTS["outreach"]
    assert isinstance(dispatch, CodeAgent)  # noqa: S101 (dispatch is code; no model has a say in it)
    graph.add_node("outreach", make_node(machine, unless_over(dispatch)))
    if entry is not None:
        graph.add_node("entry", entry, input_schema=Asked)
        graph.add_edge(START, "entry")
    graph.add_conditional_edges(START if entry is None else "entry", at_start)
    graph.add_conditional_edges("researcher", after_research)
    graph.add_conditional_edges("drafting", after_drafting)
    graph.add_conditional_edges("qc", checked, ["outreach", "approval", "drafting", "__end__"])
    graph.add_conditional_edges("approval", after_approval)
    graph.add_conditional_edges("outreach", after_dispatch)
    return graph.compile(checkpointer=saver, name="contact")


def unless_over(agent: CodeAgent) -> CodeAgent:
    """Dispatch, for messages that may still go out: what came to its end is archived, what is held waits on."""

    async def act(work: Work, state: State) -> Done:
        def look(session: Session) -> Standing:
            draft = session.get_one(MessageDraft, state["draft_id"])
            fate = standing(session, draft)
            if fate.state == "over":
                draft.approval_status = "archived"
                note(
                    session,
                    run_id=work.run_id,
                    agent=agent.name,
                    action="message_withdrawn",
                    prospect_id=state["prospect_id"],
                    contact_id=state["contact_id"],
                    details={"draft_id": draft.id, "version": draft.version, "because": fate.because},
                )
            return fate

        fate = await work.db.write(look)
        if fate.state in ("open", "out"):
            return await agent.act(work, state)
        outcome = "withdrawn" if fate.state == "over" else None
        return Done(
            {"outcome": outcome, "decision": None}, decisions=[{"ready": False, "because": fate.because}], processed=1
        )

    return replace(agent, act=act)


def build_reply_graph(machine: Machine, saver: BaseCheckpointSaver[str] | None) -> Graph:
    """The graph that one incoming message goes through."""
    graph = StateGraph(ReplyState)
    graph.add_node("reply_triage", make_node(machine, AGENTS["reply_triage"]))
    graph.add_edge(START, "reply_triage")
    return graph.compile(checkpointer=saver, name="reply")


class ReplyState(ContactState, total=False):
    """What a reply's thread carries: `inbound_id` is the message in `inbound_messages`."""

    inbound_id: str
    result: dict[str, Any]
