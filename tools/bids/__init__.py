"""Bids and tenders: feeds read, amendments put together, judged by a playbook, matched to prospects, kept."""

from tools.bids.assess import Assessed, assess, assess_one
from tools.bids.chains import link_rebids, tenders_of
from tools.bids.notices import Notice, Refusal, Tender
from tools.bids.organisations import Candidate, Match, Matcher, Verdict
from tools.bids.reading import Feed, read_feed
from tools.bids.relevance import Relevance, judge

__all__ = [
    "Assessed",
    "Candidate",
    "Feed",
    "Match",
    "Matcher",
    "Notice",
    "Refusal",
    "Relevance",
    "Tender",
    "Verdict",
    "assess",
    "assess_one",
    "judge",
    "link_rebids",
    "read_feed",
    "tenders_of",
]
