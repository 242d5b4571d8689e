"""Puts the notices of one tender together, and finds the tender that another one repeats.

SAM.gov publishes each amendment, and the award, as a notice of its own under one solicitation number; OCDS publishes
releases under one ocid. A re-bid is another procurement with another number: it is linked, never merged.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from tools.bids.notices import Notice, Stage, Tender, number_key, says_rebid, title_key
from tools.normalise import name_key

Relation = Literal["rebid", "follow_up"]
REBID_WITHIN: Final = timedelta(days=270)
_RANK: Final[dict[Stage, int]] = {"planned": 0, "open": 1, "closed": 1, "cancelled": 2, "awarded": 3}


def tenders_of(notices: Iterable[Notice]) -> list[Tender]:
    """The tenders that the notices belong to, in the order in which each first appears.

    The same notice twice counts once, the later in the file. The oldest notice comes first; of one day, the one
    that is further on.
    """
    chains: dict[tuple[str, str], dict[str, Notice]] = defaultdict(dict)
    for notice in notices:
        chains[notice.source, notice.key][notice.notice_id] = notice
    return [
        Tender(tuple(sorted(chain.values(), key=lambda n: (n.order, _RANK[n.stage], n.notice_id))))
        for chain in chains.values()
    ]


@dataclass(frozen=True)
class Rebid:
    """The earlier tender (`source`, `key`) that a tender belongs to, how sure that is (0-1), and why.

    `relation` is `rebid` where the same is tendered again, `follow_up` where the earlier one only asked or announced.
    """

    source: str
    key: str
    sure: float
    reasons: tuple[str, ...]
    relation: Relation = "rebid"


def link_rebids(tenders: Iterable[Tender]) -> dict[tuple[str, str], Rebid]:
    """(source, key) of a tender → the earlier one of the same buyer that it repeats.

    It is one that says so ('rebid', or the other's number beside 'replaces' or 'cancelled'), or that has the same
    title, came within 270 days of the other's closing, and the other was not awarded. Where the earlier one was only
    a market survey or an announcement, the later follows it up and is no re-bid.
    """
    by_buyer: dict[str, list[Tender]] = defaultdict(list)
    for tender in tenders:
        by_buyer[name_key(tender.organisation)].append(tender)
    links: dict[tuple[str, str], Rebid] = {}
    for same_buyer in by_buyer.values():
        same_title: dict[str, list[Tender]] = defaultdict(list)
        by_number: dict[str, Tender] = {}
        for tender in sorted(same_buyer, key=lambda t: (t.posted or date.min, t.key)):
            known = title_key(tender.title)
            link = _by_number(tender, by_number) or _by_title(tender, same_title[known] if known else [])
            if link is not None:
                links[tender.source, tender.key] = link
            if known:
                same_title[known].append(tender)
            number = number_key(tender.last.number, ())
            if number is not None and len(number) >= 7:
                by_number.setdefault(number, tender)
    return links


_REPLACES = re.compile(
    r"\b(?:replac(?:es|ing|ement (?:of|for))|supersed\w+|re-?bid of|re-?issue\w* of"
    r"|previously (?:advertised|issued|posted)|cancel\w*|in place of|was (?:advertised|issued|posted))\b",
    re.IGNORECASE,
)


def _by_number(tender: Tender, earlier: dict[str, Tender]) -> Rebid | None:
    text = f"{tender.title}. {tender.description or ''}"
    own = number_key(tender.last.number, ())
    for found in re.finditer(r"\b(?=[\w-]*\d)[A-Z0-9][A-Z0-9-]{6,}\b", text):
        number = number_key(found[0], ())
        if number is None or number == own or number not in earlier:
            continue
        around = text[max(0, found.start() - 80) : found.end() + 60]
        said = _REPLACES.search(around) or says_rebid(around)
        if said is not None:
            first = earlier[number]
            reasons = (f"it names {found[0]}: '{said[0].strip()}'",)
            # A notice that cancels another asks for no bids itself.
            relation: Relation = "follow_up" if _only_asks(tender) else "rebid"
            return Rebid(first.source, first.key, 0.95, reasons, relation)
    return None


_ONLY_ASKS: Final = re.compile(
    r"\b(?:sources sought|pre-?solicitation|special notice|planning|intent to|request for information|rfi|award notice"
    r"|justification)\b",
    re.IGNORECASE,
)


def _only_asks(tender: Tender) -> bool:
    return all(_ONLY_ASKS.search(f"{n.kind} {n.title}") for n in tender.notices)


def _by_title(tender: Tender, earlier: list[Tender]) -> Rebid | None:
    said = next((m for m in (says_rebid(n.title) for n in tender.notices) if m), None)
    for first in reversed(earlier):
        if said is not None:
            word = said[0].strip(" ([-–:)")
            return Rebid(first.source, first.key, 0.9, (f"its title says '{word}'", "the titles are the same"))
        ended = first.due or first.posted
        if ended is None or tender.posted is None or (first.posted is not None and tender.posted <= first.posted):
            continue
        days = (tender.posted - ended).days
        if days > REBID_WITHIN.days:
            continue
        when = f"{days} days after that one closed" if days >= 0 else "before that one closed"
        if _only_asks(first) or _only_asks(tender):
            reasons = ("the same buyer and title", when, "one of the two asks for no bids")
            return Rebid(first.source, first.key, 0.7, reasons, "follow_up")
        if first.stage != "awarded":
            how = "was cancelled" if first.stage == "cancelled" else "has no award"
            return Rebid(first.source, first.key, 0.7, ("the same buyer and title", when, f"the earlier one {how}"))
    return None
