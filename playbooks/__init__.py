"""Playbooks: one folder per sales motion, as validated data.

A playbook says who is writing, what is sold, how organisations are scored and tiered, what may be said to whom,
and what a message must look like. Code reads it; nothing about a motion is written into code.

Imports: nothing of ours.
"""

from playbooks.loader import (
    PlaybookInvalid,
    PlaybookNotFound,
    load_playbook,
    playbook_names,
    sender_addresses,
    sound_playbook,
    use_own,
)
from playbooks.model import (
    ContactFormula,
    Dimension,
    FiscalYear,
    Limits,
    MessageRules,
    Objection,
    Playbook,
    Sender,
    Statement,
    TemplateEdition,
    WeightedFormula,
)
from playbooks.sending import Sending

__all__ = [
    "ContactFormula",
    "Dimension",
    "FiscalYear",
    "Limits",
    "MessageRules",
    "Objection",
    "Playbook",
    "PlaybookInvalid",
    "PlaybookNotFound",
    "Sender",
    "Sending",
    "Statement",
    "TemplateEdition",
    "WeightedFormula",
    "load_playbook",
    "playbook_names",
    "sender_addresses",
    "sound_playbook",
    "use_own",
]
