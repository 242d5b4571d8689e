"""What a batch or an experiment varies: the value of the group that a contact is in, for whoever writes to them.

An experiment says its values in `group_a_desc` and `group_b_desc`, a batch without one in `ab_description`
('A: soft; B: direct'); the value is the first word. Group C is the control: nothing is steered.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from db.enums import AbGroup, ExperimentStatus, ExperimentVariable, OpenerStyle, values
from db.models import Batch, BatchProspect, Experiment
from db.queries.due import OPEN_BATCHES
from playbooks import Playbook

MEANINGS: Final[dict[str, dict[str, str]]] = {
    ExperimentVariable.ASK_INTENSITY.value: {
        "soft": "End with a question that costs nothing to answer, such as who else to ask.",
        "direct": "End with a question about the matter itself.",
    },
    ExperimentVariable.MESSAGE_LENGTH.value: {
        "short": "Keep to the lower half of the words: the fact, one offer, the question.",
        "standard": "Use the words that there are.",
    },
    ExperimentVariable.PROOF_POINT_STYLE.value: {
        "mechanism": "Say how the thing works.",
        "service": "Say what the seller does for them.",
    },
    ExperimentVariable.OPENER_STYLE.value: {
        OpenerStyle.CAREER_REFERENCE.value: "Open with something about their own work or career.",
        OpenerStyle.COMPANY_METRIC.value: "Open with something about the organisation that can be looked up.",
        OpenerStyle.ACTIVITY_REFERENCE.value: "Open with something that the organisation is doing now.",
    },
}
"""The values of each variable, and what they ask of a message. A pain hook's value is the id of a pain statement."""


@dataclass(frozen=True)
class Steered:
    """Somebody's place in a running batch. `group` and `variable` are None where the batch tests nothing, `value` for
    the control group too."""

    batch_id: str
    group: str | None = None
    variable: str | None = None
    value: str | None = None
    meaning: str = ""

    def as_material(self) -> dict[str, Any] | None:
        """As whoever writes is told of it; where nothing is asked, they are told of nothing."""
        return None if self.value is None else {"variable": self.variable, "value": self.value, "asks": self.meaning}


def steering(session: Session, playbook: Playbook, contact_id: str) -> Steered | None:
    """The newest running batch of a contact, and how that steers what is written to them; None in no batch.

    Nobody is steered where the batch varies nothing, or names a value that the variable does not have.
    """
    row = session.execute(_newest(), {"contact": contact_id}).first()
    if row is None:
        return None
    batch, group = row
    variable, said = said_by_group(session, batch)
    if group is None or variable not in values(ExperimentVariable):
        return Steered(batch.id)
    if group == AbGroup.C.value:
        return Steered(batch.id, group, variable)
    value = said.get(group, "")
    meaning = meaning_of(playbook, variable, value)
    return Steered(batch.id, group, variable, value, meaning) if meaning else Steered(batch.id)


@cache
def _newest() -> Select[Batch, str | None]:
    return (
        select(Batch, BatchProspect.ab_group)
        .join(BatchProspect, BatchProspect.batch_id == Batch.id)
        .where(
            BatchProspect.contact_id == bindparam("contact"),
            or_(Batch.status.is_(None), Batch.status.in_(OPEN_BATCHES)),
        )
        .order_by(Batch.created_at.desc(), Batch.id)
        .limit(1)
    )


def said_by_group(session: Session, batch: Batch) -> tuple[str, dict[str, str]]:
    """What is varied and the value of each group: by the active experiment that the batch is in, else by the batch."""
    for experiment in session.scalars(
        select(Experiment)
        .where(Experiment.status == ExperimentStatus.ACTIVE.value)
        .order_by(Experiment.created_at.desc(), Experiment.id)
    ):
        if batch.id in (experiment.batches_included or []):
            said = {"A": experiment.group_a_desc or "", "B": experiment.group_b_desc or ""}
            return experiment.variable or "", {group: value_said(text) for group, text in said.items()}
    described = re.findall(r"\b([AB])\s*[:=]\s*([\w-]+)", batch.ab_description or "")
    return batch.ab_variable or "", dict(described)


def values_of(playbook: Playbook, variable: str) -> list[str]:
    """The values that a variable may have in this playbook."""
    if variable == ExperimentVariable.PAIN_HOOK.value:
        return [s.id for s in playbook.statements if s.kind == "pain"]
    return list(MEANINGS.get(variable, {}))


def meaning_of(playbook: Playbook, variable: str, value: str) -> str | None:
    """What a value asks of a message; None where the variable has no such value."""
    if variable == ExperimentVariable.PAIN_HOOK.value:
        statement = next((s for s in playbook.statements if s.id == value and s.kind == "pain"), None)
        return f"Build it on this: {statement.text}" if statement else None
    return MEANINGS.get(variable, {}).get(value)


def value_said(description: str | None) -> str:
    """The value that an experiment's description of a group begins with: 'soft: who else to ask' says soft."""
    match = re.match(r"\s*([\w-]+)", description or "")
    return match[1] if match else ""
