"""Scores prospects by their playbook's formula, and says why a score is what it is."""

from tools.scoring.apply import score_prospects
from tools.scoring.due import due, scored_by_another_version
from tools.scoring.explain import Explanation, Part, explain

__all__ = ["Explanation", "Part", "due", "explain", "score_prospects", "scored_by_another_version"]
