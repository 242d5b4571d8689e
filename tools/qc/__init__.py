"""Quality control by rule: what may not go out, and what a person should see before it does."""

from tools.qc.engine import RULES, QcSettingsInvalid, Rule, check, passed, rules_for
from tools.qc.model import DraftUnderCheck, EarlierTouch, Fact, Flag, Recipient

__all__ = [
    "RULES",
    "DraftUnderCheck",
    "EarlierTouch",
    "Fact",
    "Flag",
    "QcSettingsInvalid",
    "Recipient",
    "Rule",
    "check",
    "passed",
    "rules_for",
]
