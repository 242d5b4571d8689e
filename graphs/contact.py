"""The graph that one contact goes through, for one touch: research, draft, check, a person, out."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.registry import AGENTS
from graphs.approval import make_approval
from graphs.nodes import Machine, make_node
from graphs.routing import (
    ContactState,
    after_approval,
    after_dispatch,
    after_drafting,
    after_qc,
    after_research,
)
from playbooks import load_playbook

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_contact_graph(machine: Machine, saver: BaseCheckpointSaver[str] | None) -> Graph:
    """The compiled graph. Without a saver it is what `langgraph dev` wants, which brings its own."""

    def checked(state: ContactState) -> str:
        return after_qc(state, load_playbook(state["playbook"]).limits.qc_revisions)

    graph = StateGraph(ContactState)
    for name in ("researcher", "drafting", "qc", "outreach"):
        graph.add_node(name, make_node(machine, AGENTS[name]))
    graph.add_node("approval", make_approval(machine))
    graph.add_edge(START, "researcher")
    graph.add_conditional_edges("researcher", after_research)
    graph.add_conditional_edges("drafting", after_drafting)
    graph.add_conditional_edges("qc", checked, ["outreach", "approval", "drafting", "__end__"])
    graph.add_conditional_edges("approval", after_approval)
    graph.add_conditional_edges("outreach", after_dispatch)
    return graph.compile(checkpointer=saver, name="contact")


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
