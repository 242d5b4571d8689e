"""`outreach analyse`: gathers the report's numbers, has the analyst read them, and keeps what bears checking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from outreach.reporting import period_of

if TYPE_CHECKING:
    from db.queries.touches import Scope
    from outreach.agent_step import StepContext, StepOutcome
    from outreach.settings import Settings

TRIES = 2
"""How often the analyst is asked; what is still wrong then is left out."""


def analyse(settings: Settings, scope: Scope) -> StepOutcome:
    """One recorded step of the analyst over the touches of a scope."""
    from agents.analyst import AGENT
    from outreach.agent_step import run_step
    from outreach.console import progress
    from outreach.wiring import open_database

    period = period_of(scope)
    with open_database(settings, "agent") as database, progress("Reading the numbers"):
        return run_step(
            database,
            settings,
            AGENT,
            playbook=scope.playbook or settings.playbook,
            inputs={"command": "analyse", "of": scope.playbook, **period},
            work=partial(_work, scope, period),
        )


def _work(scope: Scope, period: dict[str, str | None], step: StepContext) -> StepOutcome:
    from outreach.agent_step import StepOutcome
    from tools.analyst.report_rows import rows_of

    rows = step.write(lambda s: rows_of(s, scope))
    wrong: list[str] = []
    statements: list[dict[str, Any]] = []
    for _ in range(TRIES):
        statements = step.ask({"period": period, "rows": rows, "wrong": wrong})["statements"]
        wrong = [f"'{one['text']}': {'; '.join(one['wrong'])}" for one in statements if one["wrong"]]
        if not wrong:
            break
    kept = [{name: one[name] for name in ("kind", "text", "rows")} for one in statements if not one["wrong"]]
    return StepOutcome(
        outputs={"of": scope.playbook, **period, "statements": kept, "refused": wrong, "rows": rows},
        processed=len(rows),
        created=len(kept),
        partial=f"{len(wrong)} statements were not borne out by the numbers" if wrong else None,
    )
