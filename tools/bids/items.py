"""What is asked about tenders: each with its number and with the prospects that it may belong to, numbered too.

Code leaves out what has no word of the trade at all, and proposes the prospects; whoever decides, the rules or a model,
is shown the same, and code checks what is decided.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from playbooks.feeds import BidWords
from tools.bids.assess import Assessed
from tools.bids.notices import Notice, Place, Tender
from tools.bids.organisations import Candidate, Match, Matcher, Verdict
from tools.bids.relevance import Relevance, judge, standing_of_score

PER_CALL: Final = 10
"""The answer on so many fits into 1,200 tokens, which is what an answer may have unless the operator allows more."""
CANDIDATES: Final = 6


class BidDecision(BaseModel):
    """What is decided of one tender."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(description="the tender's number")
    # Whole numbers: under a grammar small models write a fraction without end (0.9999…).
    relevance: int = Field(ge=0, le=100, description="how surely it asks for what is sold, 0 to 100")
    words: str = Field(default="", max_length=2000, description="the words that say so, copied from title or text")
    prospect: int = Field(default=0, description="the number of the prospect that it is for; 0: none of them")
    confidence: int = Field(default=0, ge=0, le=100, description="how surely it is that prospect's, per cent")
    reason: str = Field(min_length=1, max_length=600, description="why relevant or not, in a few words")
    evidence: str = Field(default="", max_length=600, description="why that prospect or none, in a few words")


@dataclass(frozen=True)
class Item:
    """One tender with the prospects that it may belong to, the likeliest first."""

    tender: Tender
    candidates: tuple[Candidate, ...]

    def shown(self, number: int) -> dict[str, Any]:
        """What is told of it, as plain JSON; `tender_of` and `candidates_of` read it again."""
        tender = self.tender
        said: dict[str, Any] = {
            "number": number,
            "title": tender.title,
            "titles": list(dict.fromkeys(notice.title for notice in tender.notices)),
            "description": tender.description,
            "organisations": list(tender.organisations),
            "place": _known(asdict(tender.place)),
            "site": _known(asdict(tender.site)),
            "stage": tender.stage,
            "codes": [f"{scheme} {code}" for scheme, code in tender.codes],
            "domains": list(tender.domains),
            "prospects": [
                {"number": place, **_known({name: value for name, value in asdict(one).items() if name != "id"})}
                for place, one in enumerate(self.candidates, start=1)
            ],
        }
        return _known(said)

    @property
    def letters(self) -> int:
        """How long it is to read."""
        return len(self.tender.description or "") + 600

    def says(self, words: str) -> bool:
        """Whether these words stand in a title or the description, case and white space aside."""
        told = _flat(words)
        texts = [notice.title for notice in self.tender.notices]
        texts += [notice.description or "" for notice in self.tender.notices]
        return bool(told) and any(told in _flat(text) for text in (*texts, self.tender.description or ""))


def _known(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, "", [], (), {})}


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def tender_of(shown: Mapping[str, Any]) -> Tender:
    """A tender as far as it was shown."""
    codes = [code.partition(" ") for code in shown.get("codes", [])]
    return Tender(
        (
            Notice(
                source="",
                key="",
                notice_id="",
                row=0,
                title=shown["title"],
                stage=shown["stage"],
                description=shown.get("description"),
                organisations=tuple(shown.get("organisations", ())),
                place=Place(**shown.get("place", {})),
                site=Place(**shown.get("site", {})),
                domains=tuple(shown.get("domains", ())),
                codes=tuple((scheme, code) for scheme, _blank, code in codes),
            ),
        )
    )


def candidates_of(shown: Mapping[str, Any]) -> list[Candidate]:
    """The prospects as far as they were shown; their ids are their numbers."""
    return [
        Candidate(
            id=str(one["number"]),
            name=one["name"],
            state=one.get("state"),
            city=one.get("city"),
            domain=one.get("domain"),
            aliases=tuple(one.get("aliases", ())),
            venue_type=one.get("venue_type"),
        )
        for one in shown.get("prospects", [])
    ]


def worth_asking(tender: Tender, words: BidWords) -> bool:
    """Whether a tender has any word of the trade, or is more than irrelevant by the rules."""
    titles = " ".join(notice.title for notice in tender.notices)
    if re.search(words.look, f"{titles} {tender.description or ''}", re.IGNORECASE):
        return True
    return judge(tender, words).standing != "not_relevant"


def item_of(tender: Tender, matcher: Matcher) -> Item:
    """A tender with the prospects that may be meant."""
    return Item(tender, matcher.shortlist(tender, CANDIDATES))


def settle(
    items: Sequence[Item], decisions: Iterable[BidDecision], words: BidWords
) -> tuple[dict[tuple[str, str], Assessed], list[dict[str, Any]]]:
    """(source, key) of a tender → what was decided of it, and the decisions that were refused, each with its reason.

    A decision is refused where no tender has its number or no prospect its `prospect`, where it comes a second time,
    and where a relevance that counts rests on words that the tender has not. Where places count, a tender
    in one state is at most doubtfully a prospect's of another.
    """
    made: dict[tuple[str, str], Assessed] = {}
    refused: list[dict[str, Any]] = []
    for decision in decisions:
        wrong = _wrong(items, decision, words, made)
        if wrong is not None:
            refused.append({"number": decision.number, "reason": wrong})
            continue
        item = items[decision.number - 1]
        standing = standing_of_score(decision.relevance, words)
        match = Match(Verdict.NONE) if standing == "not_relevant" else _match(item, decision, words)
        relevance = Relevance(decision.relevance, standing, (decision.reason,))
        made[item.tender.source, item.tender.key] = Assessed(item.tender, relevance, match, None)
    return made, refused


def _wrong(
    items: Sequence[Item], decision: BidDecision, words: BidWords, made: Mapping[tuple[str, str], Assessed]
) -> str | None:
    if not 1 <= decision.number <= len(items):
        return "no tender has this number"
    item = items[decision.number - 1]
    if (item.tender.source, item.tender.key) in made:
        return "this tender was decided before"
    if not 0 <= decision.prospect <= len(item.candidates):
        return "no prospect has this number"
    if decision.relevance >= words.doubtful_from and not item.says(decision.words):
        return "its words do not stand in the tender"
    return None


def _match(item: Item, decision: BidDecision, words: BidWords) -> Match:
    limits = words.match
    evidence: tuple[str, ...] = (decision.evidence or decision.reason,)
    sure = decision.confidence / 100
    if decision.prospect == 0 or sure < limits.review_from:
        return Match(Verdict.NONE, None, sure, evidence)
    found = item.candidates[decision.prospect - 1]
    state = item.tender.place.state
    if limits.place_counts and state and found.state and state != found.state and sure >= limits.match_from:
        sure = round(limits.match_from - 0.05, 2)
        evidence = (*evidence, f"but it is in {state}, and {found.name} in {found.state}")
    return Match(Verdict.MATCHED if sure >= limits.match_from else Verdict.REVIEW, found, sure, evidence)
