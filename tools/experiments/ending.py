"""How an experiment ends: by its plan, with a verdict; or before, by a person, and then without a winner."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from db.enums import ExperimentStatus
from db.lifecycle import end_experiment
from db.models import Experiment, ExperimentPlan
from tools.experiments.counts import Counts, Person, count
from tools.experiments.judge import MISMATCH, Verdict, compare, mismatch
from tools.experiments.plan import ExperimentRefused

_DONE = {"reply": "replied", "positive": "replied positively", "meeting": "agreed to meet"}
_EARLY = "Stopped before its end"
"""How the conclusion begins where a person stopped it: no column tells that from an end without a difference."""


@dataclass(frozen=True)
class End:
    """How it ended; no verdict where it was stopped early."""

    winner: str | None
    conclusion: str
    verdict: Verdict | None


def refresh(session: Session, experiment: Experiment, plan: ExperimentPlan) -> Counts:
    """Counts anew. While it runs the row keeps how many were sent to and nothing of what came of it."""
    counts = count(session, experiment, plan)
    if experiment.status == ExperimentStatus.ACTIVE.value:
        experiment.group_a_sent, experiment.group_b_sent = counts.sent["A"], counts.sent["B"]
        session.flush()
    return counts


def conclude(session: Session, experiment: Experiment, plan: ExperimentPlan, now: datetime) -> End:
    """Ends an experiment as planned, and writes its counts, winner and conclusion.

    Raises:
        ExperimentRefused: it has ended before, or it is not over yet.
    """
    _running(experiment)
    counts = refresh(session, experiment, plan)
    if not counts.ended(now):
        raise ExperimentRefused(f"The experiment '{experiment.name}' is not over: {waiting_for(counts, plan, now)}.")
    a, b = counts.of("A"), counts.of("B")
    _keep(experiment, a, b)
    verdict = compare(_came(a, plan.metric), len(a), _came(b, plan.metric), len(b), plan.alpha)
    uneven = mismatch(counts.sent["A"], counts.sent["B"]) < MISMATCH
    end = End(None if uneven else verdict.winner, _sentence(experiment, plan, verdict, uneven), verdict)
    experiment.winner, experiment.conclusion = end.winner, end.conclusion
    end_experiment(session, experiment, ExperimentStatus.COMPLETED if end.winner else ExperimentStatus.INCONCLUSIVE)
    return end


def stop(session: Session, experiment: Experiment, plan: ExperimentPlan, reason: str) -> End:
    """Ends an experiment before its time: inconclusive, whatever came of it. Raises ExperimentRefused."""
    _running(experiment)
    if not reason.strip():
        raise ExperimentRefused("Why is it stopped? Give a reason.")
    refresh(session, experiment, plan)
    end = End(None, f"{_EARLY}, so it tells nothing about A and B. Reason: {reason.strip()}", None)
    experiment.conclusion = end.conclusion
    end_experiment(session, experiment, ExperimentStatus.INCONCLUSIVE)
    return end


def stopped_early(experiment: Experiment) -> bool:
    """Whether a person ended it before its time, so that its counts are of no use."""
    return (experiment.conclusion or "").startswith(_EARLY)


def waiting_for(counts: Counts, plan: ExperimentPlan, now: datetime) -> str:
    """What an experiment still waits for, in words; '' where it is over."""
    for name in ("A", "B"):
        if counts.sent[name] < plan.per_group:
            sent = " and ".join(f"{counts.sent[group]:,} of {plan.per_group:,} in {group}" for group in ("A", "B"))
            return f"sent to {sent}"
    if counts.under_way:
        return f"{counts.under_way:,} of its people still have a next message coming"
    if counts.ends_at is not None and now < counts.ends_at:
        return f"answers count until {counts.ends_at.date().isoformat()}"
    return ""


def _running(experiment: Experiment) -> None:
    if experiment.status != ExperimentStatus.ACTIVE.value:
        raise ExperimentRefused(f"The experiment '{experiment.name}' has ended: {experiment.conclusion}")


def _came(people: tuple[Person, ...], metric: str) -> int:
    return sum({"reply": p.replied, "positive": p.positive, "meeting": p.met}[metric] for p in people)


def _keep(experiment: Experiment, a: tuple[Person, ...], b: tuple[Person, ...]) -> None:
    experiment.group_a_sent, experiment.group_b_sent = len(a), len(b)
    experiment.group_a_replies, experiment.group_b_replies = (sum(p.replied for p in group) for group in (a, b))
    experiment.group_a_meetings, experiment.group_b_meetings = (sum(p.met for p in group) for group in (a, b))
    experiment.group_a_opps, experiment.group_b_opps = (sum(p.made for p in group) for group in (a, b))


def _sentence(experiment: Experiment, plan: ExperimentPlan, verdict: Verdict, uneven: bool) -> str:
    done = _DONE[plan.metric]
    rates = {"A": verdict.rate_a, "B": verdict.rate_b}
    texts = {"A": experiment.group_a_desc, "B": experiment.group_b_desc}
    sides = [f"{rates[name]:.1%} of those with {name} ({texts[name]})" for name in ("A", "B")]
    span = f"{verdict.low * 100:+.1f} to {verdict.high * 100:+.1f} points"
    if uneven:
        return (
            f"Nothing can be said: the groups are more unequal than chance makes them, so something other than the "
            f"message decided who got which; {sides[0]} {done}, and {sides[1]}."
        )
    if verdict.winner is None:
        return f"No difference was shown: {sides[0]} {done}, and {sides[1]}; from A to B the difference may be {span}."
    better, other = (1, 0) if verdict.winner == "B" else (0, 1)
    return (
        f"{verdict.winner} is better: {sides[better]} {done}, against {sides[other]}; "
        f"from A to B the difference is {span}."
    )
