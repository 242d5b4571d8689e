"""What an experiment lays down before its first message, and how many people that takes."""

import math
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ExperimentStatus
from db.models import Batch, BatchProspect, Experiment, ExperimentPlan, MessageDraft, Touchpoint
from tools.drafting.variants import said_by_group, value_said

WINDOW_DAYS = 21
"""How long after their last counted touch somebody's answer counts."""


class ExperimentRefused(ValueError):
    """What was asked of an experiment cannot be done; the message says why in a sentence."""


@dataclass(frozen=True)
class Plan:
    """`baseline`, `lift`, `alpha`, `power` are 0-1; `lift` is in points of the rate, to be found up or down."""

    metric: str
    baseline: float
    lift: float
    alpha: float = 0.05
    power: float = 0.8
    window_days: int = WINDOW_DAYS


def people_needed(plan: Plan) -> int:
    """How many people each group needs to find a difference of `lift` with probability `power`.

    The usual sample size of a two-sided test of two proportions (normal approximation, variance pooled under the null).

    Raises:
        ExperimentRefused: the numbers are not such that there is an answer.
    """
    if not 0 < plan.baseline < 1 or not 0 < plan.lift < 1 or plan.baseline + plan.lift >= 1:
        raise ExperimentRefused(
            "The baseline and the lift are shares above 0 whose sum is below 1, such as 0.06 and 0.04."
        )
    if not 0 < plan.alpha <= 0.2 or not 0.5 <= plan.power < 1:
        raise ExperimentRefused("Alpha lies above 0 and not above 0.2; power from 0.5 to below 1.")
    if plan.window_days < 1:
        raise ExperimentRefused("The window is one day or more.")
    from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

    found = samplesize_proportions_2indep_onetail(
        plan.lift, plan.baseline, plan.power, ratio=1, alpha=plan.alpha, alternative="two-sided"
    )
    return math.ceil(float(found))


def begin(
    session: Session, name: str, variable: str, groups: tuple[str, str], plan: Plan
) -> tuple[Experiment, ExperimentPlan]:
    """Lays an experiment down. Raises ExperimentRefused where the name is taken or the numbers are not possible."""
    title, a, b = name.strip(), groups[0].strip(), groups[1].strip()
    if not title or not a or not b or a == b:
        raise ExperimentRefused("An experiment has a name, and two groups that differ.")
    if _called(session, title):
        raise ExperimentRefused(f"There is an experiment '{title}' already.")
    experiment = Experiment(
        name=title,
        variable=variable,
        group_a_desc=a,
        group_b_desc=b,
        status=ExperimentStatus.ACTIVE.value,
        batches_included=[],
    )
    session.add(experiment)
    session.flush()
    laid = ExperimentPlan(
        experiment_id=experiment.id,
        metric=plan.metric,
        baseline=plan.baseline,
        lift=plan.lift,
        alpha=plan.alpha,
        power=plan.power,
        per_group=people_needed(plan),
        window_days=plan.window_days,
    )
    session.add(laid)
    session.flush()
    return experiment, laid


def include(session: Session, experiment: Experiment, batch: Batch) -> bool:
    """Takes a batch into an experiment; False where it is in it already.

    Only before the batch's first message has left: a batch whose answers are known must not be picked.

    Raises:
        ExperimentRefused: the batch has begun, has no groups, tests something else or something else in its groups, or
            is part of another experiment.
    """
    already = list(experiment.batches_included or [])
    if batch.id in already:
        return False
    name = f"batch {batch.batch_number}"
    if experiment.status != ExperimentStatus.ACTIVE.value:
        raise ExperimentRefused(f"The experiment '{experiment.name}' has ended.")
    if batch.ab_variable is not None and batch.ab_variable != experiment.variable:
        raise ExperimentRefused(f"In {name} the groups differ by {batch.ab_variable}, not by {experiment.variable}.")
    grouped = select(BatchProspect.id).where(BatchProspect.batch_id == batch.id, BatchProspect.ab_group.is_not(None))
    if session.scalar(grouped.limit(1)) is None:
        raise ExperimentRefused(
            f"Nobody in {name} is in a group. Build one: outreach batch build --experiment '{experiment.name}'."
        )
    wanted = {"A": value_said(experiment.group_a_desc), "B": value_said(experiment.group_b_desc)}
    said = said_by_group(session, batch)[1]
    for group, value in wanted.items():
        # What its messages say follows from the batch; the experiment would count them as something else.
        if said.get(group, value) != value:
            raise ExperimentRefused(f"In {name} group {group} is {said[group]}, in '{experiment.name}' it is {value}.")
    others = session.scalars(select(Experiment).where(Experiment.id != experiment.id))
    taken = next((one.name for one in others if batch.id in (one.batches_included or [])), None)
    if taken is not None:
        raise ExperimentRefused(f"The {name} is part of the experiment '{taken}'.")
    left = (
        select(Touchpoint.id)
        .join(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .where(MessageDraft.batch_id == batch.id)
        .limit(1)
    )
    if session.scalar(left) is not None:
        raise ExperimentRefused(f"Messages of {name} have left already: a batch is taken in before its first message.")
    experiment.batches_included = [*already, batch.id]
    session.flush()
    return True


def find(session: Session, reference: str) -> Experiment:
    """The experiment of a name, whatever its capitals, or of the beginning of an id. Raises ExperimentRefused."""
    wanted = reference.strip()
    fitting = _called(session, wanted)
    if not fitting and wanted:
        by_id = Experiment.id.startswith(wanted.lower(), autoescape=True)
        fitting = list(session.scalars(select(Experiment).where(by_id).limit(2)))
    if len(fitting) != 1:
        raise ExperimentRefused(f"{'No' if not fitting else 'More than one'} experiment fits '{reference}'.")
    return fitting[0]


def find_planned(session: Session, reference: str) -> tuple[Experiment, ExperimentPlan]:
    """The same with its plan. Raises ExperimentRefused, also where there is none."""
    found = find(session, reference)
    plan = session.scalar(select(ExperimentPlan).where(ExperimentPlan.experiment_id == found.id))
    if plan is None:
        raise ExperimentRefused(f"The experiment '{found.name}' has no plan: it was not made by this program.")
    return found, plan


def _called(session: Session, name: str) -> list[Experiment]:
    """The experiments of a name. Compared here: a database folds the letters of English alone."""
    folded = name.casefold()
    return [one for one in session.scalars(select(Experiment)) if (one.name or "").strip().casefold() == folded]
