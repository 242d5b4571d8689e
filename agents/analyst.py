"""The analyst's word on a period: what worked, for whom, what is too little to say, what to try next.

It is given the report's numbers as numbered rows. Each statement names the rows that it rests on; code checks that it
says no number which they do not have, and calls no difference real whose interval holds zero.
"""

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.analyst_policy import policy
from agents.analyst_schema import Analysis
from tools.analyst.report_rows import problems


async def prepare(_work: Work, state: State) -> Briefing:
    """`state["rows"]` are those of `report_rows.rows_of`; `state["wrong"]` what was wrong with an earlier answer."""
    return Briefing({"period": state["period"], "rows": state["rows"], "wrong": state.get("wrong") or []})


async def conclude(_work: Work, _state: State, briefing: Briefing, said: Analysis) -> Done:
    """Hands over each statement with what is wrong with it; whoever asked decides what becomes of those."""
    rows = briefing.material["rows"]
    statements = [
        {**one.model_dump(mode="json"), "wrong": problems(one.text, one.rows, rows)} for one in said.statements
    ]
    return Done({"statements": statements}, decisions=statements, processed=len(rows))


AGENT = AnswerAgent(
    name="analyst",
    run_type="analysis",
    schema=Analysis,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
)
