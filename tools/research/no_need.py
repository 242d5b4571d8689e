"""Whether a prospect has no need of what is sold: by its columns, or by what a kept fact says of it.

A fact counts where it is about this organisation: its sentence or quote names the organisation or its stadium, and what
the sentence speaks of is nobody else's; or it names nobody else ('The field was relit with LED in 2021').
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from db.models import Delivery, Prospect, ResearchFact
from playbooks import Playbook
from tools.qc.naming import names_of
from tools.qc.support import names_in
from tools.wording import sentences

_OWNER = re.compile(r"\b((?:[A-Z][\w&.-]*\s+){0,4}[A-Z][\w&.-]*?)['’]s?\s+(?!board\b|trustees\b|students\b)[a-z]")
_NO_NAMES = frozenset(
    re.findall(r"\S+", "LED LEDs January February March April May June July August September October November December")
)


def no_need(
    playbook: Playbook, prospect: Prospect, facts: Sequence[ResearchFact], today: date, since: date | None = None
) -> str | None:
    """Why nobody there should be written to, or None. `since` is the day of the first message where one has left: then
    only facts that were observed later count, for the rest was known when it was approved."""
    if since is None:
        known = {
            "current_lighting_type": prospect.current_lighting_type,
            "venue_type": prospect.venue_type,
            "primary_sport": prospect.primary_sport,
        }
        if why := playbook.no_need_of(known):
            return why
    names = {name for whole in (prospect.name, prospect.account.name) for name in names_of(whole)}
    names |= {prospect.stadium_name} if prospect.stadium_name else set()
    for fact in facts:
        seen = _seen(fact)
        if since is not None and (seen is None or seen <= since):
            continue
        days = None if seen is None else (today - seen).days
        for sentence in sentences(fact.sentence):
            for rule in playbook.no_need:
                if rule.says(sentence, days) and _about(names, sentence, fact.quote):
                    return rule.reason
    return None


def first_sent(session: Session, sequence_id: str) -> date | None:
    """The day on which the first message of a sequence left, or None."""
    sent: datetime | None = session.scalar(_first_sent(), {"sequence": sequence_id})
    return sent.date() if sent else None


@cache
def _first_sent() -> Select[Any]:
    return select(func.min(Delivery.sent_at)).where(Delivery.sequence_id == bindparam("sequence"))


def _seen(fact: ResearchFact) -> date | None:
    return fact.observed_on or (fact.created_at.date() if fact.created_at else None)


def _about(names: set[str], sentence: str, quote: str) -> bool:
    owners = {match[1] for match in _OWNER.finditer(sentence)}
    if owners and not any(_named(names, owner) for owner in owners):
        return False
    own = {word for name in names for word in name.split()}
    return _named(names, f"{sentence} {quote}") or not names_in(sentence) - _NO_NAMES - own


def _named(names: set[str], text: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)
