"""Quality control by rule: what may not go out, and what a person should see before it does."""

from tools.qc.engine import JUDGED, RULES, QcSettingsInvalid, Rule, check, passed, rules_for
from tools.qc.model import DraftUnderCheck, EarlierTouch, Fact, Flag, Recipient

__all__ = [
    "JUDGED",
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
