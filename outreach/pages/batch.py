"""A batch as one page: who they are, why they, what is known, and each message as it was approved."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from db.enums import BatchStatus
from db.queries.batches import SET_ASIDE
from outreach.console import SHORT_ID, many
from outreach.pages.batch_data import STATES, BatchData, Message, Person, expired
from outreach.pages.charts import Bar, bars
from outreach.pages.figures import outcome_of
from outreach.pages.render import render
from outreach.pages.safe import bounded, hides, mail_link, phone_link, web_link

if TYPE_CHECKING:
    from db.models import Contact, ResearchFact, Signal

MOST_TEXT: Final = 20_000
"""Longer than any message that a person would approve; what is longer is cut and not to be copied."""
MOST_FACTS: Final = 30
MOST_SIGNALS: Final = 10
_KINDS: Final = {
    "inmail": "LinkedIn message",
    "email": "E-mail",
    "call_snippet": "Call",
    "breakup": "Last e-mail",
    "re_engagement": "Writing again",
    "reply_draft": "Answer",
}


def batch_page(data: BatchData) -> str:
    """The page as HTML text: self-contained, with no address in it that is fetched by itself.

    The template is given plain values alone. What it leaves behind goes in cycles until the collector comes by, and
    rows of a session that is closed must not hang on in there: the interpreter was seen to crash over them at its end.
    """
    people = [_barred(one) if one.barred or one.contact is None else _person(one, data) for one in data.people]
    tiers = Counter(one["tier"] for one in people if one.get("tier"))
    states = data.count_states()
    outcome, tables = outcome_of(data.metrics)
    return render(
        "batch.html",
        name=f"Batch {data.batch.batch_number if data.batch.batch_number is not None else data.batch.id[:SHORT_ID]}",
        read_at=f"{data.read_at.astimezone():%Y-%m-%d %H:%M %Z}",
        facts_of_batch=_line(data),
        brief=data.batch.pre_brief,
        running=data.running,
        summary=_summary(data),
        charts=[
            bars("Messages", [Bar(STATES[name], states[name], f"{states[name]:,}") for name in STATES if states[name]]),
            bars("People by tier", [Bar(f"Tier {name}", tiers[name], f"{tiers[name]:,}") for name in sorted(tiers)]),
        ],
        outcome=outcome,
        tables=tables,
        filters=_filters(people, states),
        people=people,
    )


def _line(data: BatchData) -> str:
    batch = data.batch
    day = f"made on {batch.created_date}" if batch.created_date else ""
    status = BatchStatus(batch.status).value if batch.status else ""
    counts = f"{many(len(data.people), 'person', 'people')}, {many(len(data.messages), 'message')}"
    return " · ".join(part for part in (day, status, counts, ", ".join(sorted(data.playbooks))) if part)


def _summary(data: BatchData) -> list[tuple[str, str]]:
    barred = sum(bool(one.barred) for one in data.people)
    silent = [one for one in data.people if not one.barred and not one.messages]
    aside = sum(one.contact is not None and one.contact.prospect.status in SET_ASIDE for one in silent)
    why = f"; for {aside:,} of them research found nothing to write about" if aside else ""
    ready = sum(message.leaves for message in data.messages)
    # PostgreSQL keeps no order of keys.
    shares = sorted((data.batch.mix_ratio or {}).items(), key=lambda share: (-_count(share[1]), share[0]))
    mix = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in shares)
    groups = ", ".join(f"{name}: {count}" for name, count in sorted(data.count_groups().items()))
    found = [
        ("Ready to be sent", f"{ready:,} of {many(len(data.messages), 'message')}"),
        ("Without a message", many(len(silent), "person", "people") + why if silent else ""),
        ("Do not contact", many(barred, "person", "people") if barred else ""),
        ("Mix, as asked for", mix),
        ("What is tested", "; ".join(data.tested)),
        ("Groups", groups),
    ]
    return [(term, words) for term, words in found if words]


def _count(share: object) -> float:
    return share if isinstance(share, int | float) else 0


def _filters(people: list[dict[str, Any]], states: Counter[str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each choice that would tell people apart: its field, its name, its values and their words."""
    here = [(state, words) for state, words in STATES.items() if states[state]]
    if any(one["barred"] for one in people):
        here.append(("barred", "Do not contact"))
    groups = sorted({one["group"] for one in people if one["group"]})
    tiers = sorted({one["tier"] for one in people if one.get("tier")})
    found = [
        ("group", "Group", [(group, group) for group in groups]),
        ("tier", "Tier", [(tier, tier) for tier in tiers]),
        ("state", "State", here),
    ]
    return [one for one in found if len(one[2]) > 1]


def _barred(person: Person) -> dict[str, Any]:
    return {"place": person.place, "name": person.name, "group": person.group or "", "barred": person.barred}


def _person(person: Person, data: BatchData) -> dict[str, Any]:
    contact = person.contact
    assert contact is not None  # noqa: S101 (the caller has asked)
    prospect = contact.prospect
    cited = {fact_id for message in person.messages for fact_id in message.cited}
    others = [fact for fact in person.facts if fact.id not in cited]
    today = data.read_at.date()
    return {
        "place": person.place,
        "name": person.name,
        "barred": "",
        "set_aside": prospect.status in SET_ASIDE,
        "title": contact.title,
        "organisation": prospect.name,
        "where": prospect.place,
        "zone": person.zone,
        "zone_assumed": person.zone_assumed,
        "tier": prospect.tier or "",
        "score": prospect.icp_score,
        "group": person.group or "",
        "states": " ".join(sorted({message.state for message in person.messages})),
        "ways": _ways(contact),
        "reasons": person.reasons,
        "cited": [_fact(fact) for fact in person.facts if fact.id in cited],
        "facts": [_fact(fact) for fact in others[:MOST_FACTS]],
        "more_facts": max(len(others) - MOST_FACTS, 0),
        "signals": [_signal(one, expired(one, today)) for one in person.signals[:MOST_SIGNALS]],
        "more_signals": max(len(person.signals) - MOST_SIGNALS, 0),
        "messages": [_message(message, person.name) for message in person.messages],
        "followups": [
            {"touch": one.touch_number, "channel": one.channel, "day": one.due_date, "overdue": one.state == "overdue"}
            for one in person.followups
        ],
        "guess": prospect.constraint_hypothesis,
        "objection": contact.predicted_objection,
        "response": contact.objection_response,
    }


def _ways(contact: Contact) -> list[dict[str, str | None]]:
    bounced = "mail to it came back" if contact.status == "bounced" else ""
    found = [
        ("E-mail", contact.email, None if bounced else mail_link(contact.email), bounced),
        ("LinkedIn", contact.linkedin_url, web_link(contact.linkedin_url), ""),
        ("Phone", contact.phone, phone_link(contact.phone), ""),
    ]
    return [{"name": name, "words": words, "link": link, "note": note} for name, words, link, note in found if words]


def _fact(fact: ResearchFact) -> dict[str, Any]:
    return {
        "sentence": fact.sentence,
        "quote": fact.quote,
        "url": fact.source_url,
        "source": fact.source_title or fact.source_url or "on file",
        "day": fact.observed_on,
    }


def _signal(signal: Signal, over: bool) -> dict[str, Any]:
    return {
        "kind": signal.signal_type.replace("_", " "),
        "words": signal.description or signal.source_url or "no description",
        "url": signal.source_url,
        "day": signal.detected_at.date() if signal.detected_at else None,
        "expired": over,
    }


def _message(message: Message, person: str) -> dict[str, Any]:
    subject, body = message.subject or "", message.body
    unseen = hides(subject) or hides(body) or len(body) > MOST_TEXT or len(subject) > MOST_TEXT
    short = message.draft_id[:SHORT_ID]
    words = STATES.get(message.state, message.state)
    if message.sent_at is not None:
        words += f" on {message.sent_at.date()}"
    by_mail = message.channel == "email" and message.leaves and not unseen
    return {
        "id": message.draft_id,
        "short": short,
        "person": person,
        "kind": f"{_KINDS.get(message.touch_type, message.touch_type)}, touch {message.touch_number}",
        "state": message.state,
        "words": words,
        "note": message.note,
        "leaves": message.leaves,
        "copied": message.leaves and not unseen,
        "hides": message.leaves and unseen,
        "recipient": message.recipient or f"(no address for the channel {message.channel})",
        "subject": bounded(subject, MOST_TEXT),
        "body": bounded(body, MOST_TEXT),
        "link": mail_link(message.recipient, subject, body) if by_mail else None,
        "link_words": "Open in the mail program",
        "after": f"outreach called {short} --outcome …" if message.channel == "call" else f"outreach sent {short}",
    }
