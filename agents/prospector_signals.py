"""The prospector's word on signals: which of the openings and texts shown are reasons to write now, and of which type.

One answer for each batch of numbered items. Code gathered them, checks what is decided, and writes the rows.
"""

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.prospector_signals_policy import SignalAnswer, policy


async def prepare(work: Work, state: State) -> Briefing:
    """`state["items"]` are numbered items (`Item.shown`), `state["types"]` the signals that the playbook knows."""
    return Briefing({"playbook": work.playbook.name, "types": state["types"], "items": state["items"]})


async def conclude(_work: Work, _state: State, briefing: Briefing, said: SignalAnswer) -> Done:
    """Hands the decisions over; whoever asked knows the items and checks them."""
    decisions = [one.model_dump(mode="json") for one in said.decisions]
    return Done({"decisions": decisions}, decisions=decisions, processed=len(briefing.material["items"]))


AGENT = AnswerAgent(
    name="prospector",
    run_type="signal_scan",
    schema=SignalAnswer,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    prompt="prospector_signals",
)
