"""A feed's tenders with all that is made of them: relevance, prospect, the tender they repeat, where they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from db.enums import BidStatus
from playbooks.feeds import BidWords
from tools.bids.chains import Rebid, link_rebids
from tools.bids.notices import Notice, Tender
from tools.bids.organisations import Match, Matcher, Verdict
from tools.bids.relevance import Relevance, judge


@dataclass(frozen=True)
class Assessed:
    """A tender and what is made of it. `status` is the one that `bid_alerts` would get without a person's word."""

    tender: Tender
    relevance: Relevance
    match: Match
    rebid: Rebid | None

    @property
    def status(self) -> BidStatus:
        """SB, bid_alerts.status: a tender that is of use to nobody is matched to nobody."""
        if self.relevance.standing == "not_relevant":
            return BidStatus.NOT_RELEVANT
        sure = self.relevance.standing == "relevant" and self.match.verdict is Verdict.MATCHED
        return BidStatus.MATCHED if sure else BidStatus.NEW

    def as_json(self) -> dict[str, Any]:
        """The object that docs/bids.md describes."""
        tender = self.tender
        return {
            "source": tender.source,
            "external_id": tender.key,
            "title": tender.title,
            "organization": tender.organisation,
            "state": tender.place.state,
            "city": tender.place.city,
            "posted": tender.posted,
            "due": tender.due,
            "stage": tender.stage,
            "url": tender.url,
            "status": self.status.value,
            "relevance": {
                "score": self.relevance.score,
                "standing": self.relevance.standing,
                "reasons": list(self.relevance.reasons),
            },
            "match": match_json(self.match),
            "earlier": rebid_json(self.rebid),
            "notices": [notice_json(notice) for notice in tender.notices],
        }


def match_json(match: Match) -> dict[str, Any]:
    """The `match` of docs/bids.md."""
    found = match.candidate
    return {
        "verdict": match.verdict.value,
        "prospect_id": found.id if found else None,
        "prospect": found.name if found else None,
        "confidence": round(match.confidence, 2),
        "evidence": list(match.evidence),
        "others": [{"prospect_id": c.id, "prospect": c.name, "confidence": sure} for c, sure in match.others],
    }


def rebid_json(rebid: Rebid | None) -> dict[str, Any] | None:
    """The `earlier` of docs/bids.md."""
    if rebid is None:
        return None
    return {
        "relation": rebid.relation,
        "source": rebid.source,
        "external_id": rebid.key,
        "confidence": rebid.sure,
        "reasons": list(rebid.reasons),
    }


def notice_json(notice: Notice) -> dict[str, Any]:
    """One of the `notices` of docs/bids.md."""
    return {
        "id": notice.notice_id,
        "row": notice.row,
        "kind": notice.kind,
        "posted": notice.posted,
        "due": notice.due,
        "title": notice.title,
    }


def assess_one(tender: Tender, words: BidWords, matcher: Matcher, rebid: Rebid | None = None) -> Assessed:
    """Judges one tender; one that is of no use is not matched."""
    relevance = judge(tender, words)
    match = Match(Verdict.NONE) if relevance.standing == "not_relevant" else matcher.match(tender)
    return Assessed(tender, relevance, match, rebid)


def assess(tenders: Iterable[Tender], words: BidWords, matcher: Matcher) -> list[Assessed]:
    """Judges tenders together, so that re-bids among them are found."""
    listed = list(tenders)
    links = link_rebids(listed)
    return [assess_one(tender, words, matcher, links.get((tender.source, tender.key))) for tender in listed]
