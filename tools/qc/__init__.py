"""Quality control by rule: what may not go out, and what a person should see before it does."""

from tools.qc.engine import RULES, check, passed
from tools.qc.model import DraftUnderCheck, Fact, Flag, Recipient

__all__ = ["RULES", "DraftUnderCheck", "Fact", "Flag", "Recipient", "check", "passed"]
