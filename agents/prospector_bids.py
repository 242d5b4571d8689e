"""The prospector's word on tenders: which of those shown matter to what is sold, and whose they are.

One answer for each batch of numbered tenders, each with the prospects that code proposes for it. Code checks what is
decided, and writes the rows.
"""

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.prospector_bids_policy import BidAnswer, policy


async def prepare(work: Work, state: State) -> Briefing:
    """`state["tenders"]` are numbered tenders (`Item.shown`)."""
    return Briefing({"playbook": work.playbook.name, "tenders": state["tenders"]})


async def conclude(_work: Work, _state: State, briefing: Briefing, said: BidAnswer) -> Done:
    """Hands the decisions over; whoever asked knows the tenders and checks them."""
    decisions = [one.model_dump(mode="json") for one in said.decisions]
    return Done({"decisions": decisions}, decisions=decisions, processed=len(briefing.material["tenders"]))


AGENT = AnswerAgent(
    name="prospector",
    run_type="prospect",
    schema=BidAnswer,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    prompt="prospector_bids",
)
