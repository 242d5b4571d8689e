"""Has tenders decided on before they are written: the rules or a model, in batches, over what is worth a look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import BidAlert
from playbooks.feeds import BidWords
from tools.bids.assess import Assessed
from tools.bids.items import PER_CALL, BidDecision, Item, item_of, settle, worth_asking
from tools.bids.notices import Tender
from tools.bids.organisations import Matcher
from tools.bids.store import stored
from tools.prompt_chunks import prompt_chunks

Ask = Callable[[list[dict[str, Any]]], Sequence[BidDecision]]
"""Has tenders decided on, as `Item.shown` tells of them."""


@dataclass
class Decided:
    """What was decided: (source, key) of a tender → its assessment. What is not in it the rules decide."""

    made: dict[tuple[str, str], Assessed] = field(default_factory=dict)
    passed_over: int = 0
    asked: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: "Decided") -> None:
        """Counts another part in."""
        self.made |= other.made
        self.passed_over += other.passed_over
        self.asked += other.asked
        self.refused += other.refused


def undecided(session: Session) -> list[Tender]:
    """All stored tenders that no person has decided on."""
    alerts = session.scalars(select(BidAlert).where(BidAlert.reviewed_at.is_(None)).order_by(BidAlert.id))
    return list(stored(session, list(alerts)).values())


def decide(tenders: Sequence[Tender], words: BidWords, matcher: Matcher, ask: Ask) -> Decided:
    """Has those decided on that are worth it. The others have no word of the trade: the rules call them irrelevant."""
    worth = [tender for tender in tenders if worth_asking(tender, words)]
    decided = Decided(passed_over=len(tenders) - len(worth), asked=len(worth))
    items: list[Item] = [item_of(tender, matcher) for tender in worth]
    for batch in prompt_chunks(items, lambda item: item.letters, most=PER_CALL):
        made, refused = settle(batch, ask([item.shown(n) for n, item in enumerate(batch, start=1)]), words)
        decided.made |= made
        decided.refused += refused
    return decided
