"""A signal as it was found, before it is anybody's row."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from playbooks.feeds import SignalName, SignalWords


@dataclass(frozen=True)
class FoundSignal:
    """One signal. `evidence` is the title or sentence as it stands in the source; `sure` is 0-1.

    `seen_on` is the day that it speaks of, None where nothing tells. `row` is its place in the file, from 1.
    """

    type: SignalName
    organisation: str | None
    description: str
    evidence: str
    reasons: tuple[str, ...]
    sure: float
    row: int = 0
    domain: str | None = None
    source_url: str | None = None
    seen_on: date | None = None

    def expires_on(self, words: SignalWords) -> date | None:
        """The last day on which it is news; None where it is not known from when it is."""
        if self.seen_on is None:
            return None
        return self.seen_on + min(timedelta(days=words.expires_days[self.type]), date.max - self.seen_on)

    def as_json(self, words: SignalWords, today: date) -> dict[str, Any]:
        """The object that docs/signals.md describes."""
        expires = self.expires_on(words)
        return {
            "type": self.type,
            "organization": self.organisation,
            "domain": self.domain,
            "description": self.description,
            "evidence": self.evidence,
            "reasons": list(self.reasons),
            "confidence": round(self.sure, 2),
            "source_url": self.source_url,
            "detected_at": self.seen_on,
            "expires_at": expires,
            "expired": expires is not None and expires < today,
            "row": self.row,
        }


@dataclass(frozen=True)
class Note:
    """What looked like a signal and is none, and why."""

    row: int
    organisation: str | None
    evidence: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The object that docs/signals.md describes."""
        return {
            "row": self.row,
            "organization": self.organisation,
            "evidence": self.evidence,
            "reason": self.reason,
        }
