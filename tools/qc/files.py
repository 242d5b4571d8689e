"""Drafts from a file judged by the rules, without a database."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from playbooks import Playbook, PlaybookNotFound, Sender, load_playbook, playbook_names
from tools.plain_json import BadJson, read_json
from tools.qc.engine import check, passed
from tools.qc.model import DraftUnderCheck, EarlierTouch, Fact, Flag, Recipient
from tools.qc.naming import names_of, venues_in
from tools.qc.safety import is_footer_line
from tools.qc.schema import DraftGiven, FindingOut, Judgement, OtherDraft, RecipientGiven, SenderGiven, TouchGiven

_CHANNELS = {
    "e-mail": "email",
    "mail": "email",
    "linkedin": "linkedin",
    "li": "linkedin",
    "phone": "call",
    "call": "call",
}
_CONNECTED = ("connected", "spoke", "talked", "meeting", "met")


class UnreadableDrafts(ValueError):
    """The text holds no drafts that can be judged; the message says where and why."""


def read_drafts(text: str) -> list[DraftGiven]:
    """The drafts of a JSON object, a list, `{"drafts": […]}`, or JSON lines. Raises UnreadableDrafts."""
    return [_draft(value, where) for where, value in _values(text)]


def _values(text: str) -> list[tuple[str, Any]]:
    text = text.lstrip("\ufeff").strip()
    if not text:
        raise UnreadableDrafts("There is nothing in it.")
    try:
        whole = read_json(text)
    except BadJson as exc:
        # Not splitlines: a JSON string may hold U+2028 as it is.
        lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].lstrip().startswith("{"):
            raise UnreadableDrafts(f"It is not JSON: {exc}.") from exc
        return [(f"line {n}", _line(n, line)) for n, line in lines]
    if isinstance(whole, dict) and isinstance(whole.get("drafts"), list):
        shared = {key: value for key, value in whole.items() if key != "drafts"}
        whole = [{**shared, **each} if isinstance(each, dict) else each for each in whole["drafts"]]
    if isinstance(whole, dict):
        return [("the draft", whole)]
    if not isinstance(whole, list):
        raise UnreadableDrafts("It holds neither a draft nor a list of drafts.")
    return [(f"draft {n}", value) for n, value in enumerate(whole, start=1)]


def _line(number: int, line: str) -> Any:
    try:
        return read_json(line)
    except BadJson as exc:
        raise UnreadableDrafts(f"Line {number} is not JSON: {exc}.") from exc


def _draft(value: object, where: str) -> DraftGiven:
    try:
        return DraftGiven.model_validate(value)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UnreadableDrafts(f"In {where}{f', {key}' if key else ''}: {first['msg']}.") from exc


def judge_drafts(given: Sequence[DraftGiven], *, playbook: str | None = None, today: date) -> list[Judgement]:
    """Judges drafts in their order; `playbook` is for those that name none.

    Raises UnreadableDrafts where a draft names a playbook that does not exist, or none is known for it.
    """
    made = [under_check(each, playbook=playbook, today=today, batch=given) for each in given]
    return [
        Judgement(id=each.id or str(number), passed=passed(flags), findings=[_finding(flag) for flag in flags])
        for number, (each, draft) in enumerate(zip(given, made, strict=True), start=1)
        for flags in [check(draft)]
    ]


def _finding(flag: Flag) -> FindingOut:
    marked = flag.start >= 0
    return FindingOut(
        rule=flag.rule,
        version=flag.version,
        severity=flag.severity,
        field=flag.field,
        start=flag.start if marked else None,
        end=flag.end if marked else None,
        text=flag.text,
        message=flag.message,
        fix=flag.fix,
    )


def under_check(
    given: DraftGiven, *, playbook: str | None, today: date, batch: Sequence[DraftGiven] = ()
) -> DraftUnderCheck:
    """What the rules look at, made from what a file says."""
    book = _playbook(given.playbook or playbook or "")
    channel = given.channel.strip().lower()
    channel = _CHANNELS.get(channel, channel)
    if channel not in ("email", "linkedin", "call"):
        raise UnreadableDrafts(f"Channel '{given.channel}' is none of email, linkedin, call.")
    facts = tuple(
        Fact(f.id or f"fact {n}", f.sentence or f.quote, f.quote, f.field, f.observed_on)
        for n, f in enumerate(given.facts, start=1)
    )
    fellows = [o for o in batch if given.batch and o.batch == given.batch and o is not given]
    names = _names(given.recipient, facts)
    history = _history(given)
    sender = _sender(given.sender, book)
    own_footer = _own_footer(given.body, sender)
    footer = "" if own_footer or channel != "email" else _footer(sender)
    kind = given.touch_type.strip().lower().replace("-", "_").replace(" ", "_")
    return DraftUnderCheck(
        playbook=book,
        recipient=_recipient(given, channel, fellows),
        channel=channel,
        touch=given.touch,
        subject=given.subject,
        body=f"{given.body}\n\n{footer}" if footer else given.body,
        text=given.body.removesuffix(own_footer),
        footer=footer or own_footer,
        names=names,
        facts=facts,
        claims=tuple((c.get("sentence", ""), c.get("fact_id", "")) for c in given.claims or []),
        by_person=given.author == "person",
        touch_sent=given.touch_sent,
        touch_type="reply_draft" if kind in ("reply", "reply_draft") else kind,
        history=history,
        replied=given.has_replied or any(e.replied for e in given.earlier_touches or []),
        siblings=_siblings(given.other_drafts, fellows),
        sender=sender,
        to=given.to or None,
        today=given.today or today,
    )


def _playbook(name: str) -> Playbook:
    try:
        return load_playbook(name.strip().lower().replace("_", "-").replace(" ", "-"))
    except PlaybookNotFound as exc:
        known = ", ".join(playbook_names())
        raise UnreadableDrafts(f"'{name}' is no playbook; there are: {known}." if name else str(exc)) from exc


def _names(person: RecipientGiven, facts: Sequence[Fact]) -> tuple[str, ...]:
    given = [person.organisation, *person.organisation_names]
    venues = [person.venue, *venues_in(f"{fact.sentence}\n{fact.quote}" for fact in facts)]
    return tuple(dict.fromkeys([*(n for name in given for n in names_of(name)), *(v for v in venues if v)]))


def _recipient(given: DraftGiven, channel: str, fellows: Sequence[DraftGiven]) -> Recipient:
    from tools.normalise.names import person_name

    person = given.recipient
    first, last = person.first_name.strip(), person.last_name.strip()
    if not first and not last and person.name.strip():
        first, last = person_name(person.name)
    address = {"email": person.email or given.to, "linkedin": person.linkedin_url, "call": person.phone}[channel]
    if channel != "email" and address is None:
        address = person.linkedin_url or person.phone or person.email or "not given"
    others = person.others_in_contact
    home = person.organisation.casefold()
    beside = {f.recipient.email or f.recipient.name for f in fellows if f.recipient.organisation.casefold() == home}
    counted = len(others) if isinstance(others, list) else others or 0
    verified = person.email_verified if person.email_verified is not None else given.email_verified
    status = person.status.strip().lower().replace(" ", "_")
    return Recipient(
        first_name=first,
        last_name=last,
        address=(address or "").strip() or None,
        do_not_contact=person.do_not_contact or given.do_not_contact or status in ("do_not_contact", "opted_out"),
        suppressed=person.suppressed or given.suppressed or status in ("suppressed", "unsubscribed"),
        bounced=person.bounced or given.bounced or status == "bounced",
        email_verified=verified,
        names=tuple(n for n in (person.name.strip(), person.preferred_name.strip()) if n),
        title=person.title,
        others=max(counted, len(beside) if home else 0),
    )


def _history(given: DraftGiven) -> tuple[EarlierTouch, ...] | None:
    if given.earlier_touches is None:
        return (EarlierTouch(channel="call"),) if given.called else None if given.touch > 1 else ()
    made = [_earlier(e) for e in given.earlier_touches]
    return (*made, *([EarlierTouch(channel="call")] if given.called else []))


def _earlier(given: TouchGiven) -> EarlierTouch:
    channel = given.channel.strip().lower()
    kind = given.touch_type.strip().lower().replace("-", "").replace("_", "")
    if kind in ("call", "callsnippet"):
        channel = "call"
    return EarlierTouch(
        touch=given.touch,
        channel=_CHANNELS.get(channel, channel),
        touch_type="breakup" if kind == "breakup" else given.touch_type,
        subject=given.subject,
        body=given.body,
        on=given.sent_at,
        connected=given.outcome.strip().lower() in _CONNECTED or given.replied,
    )


def _siblings(
    others: Sequence[OtherDraft | str], fellows: Sequence[DraftGiven]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: list[tuple[str, tuple[str, ...]]] = []
    for other in others:
        if isinstance(other, str):
            found.append((other, ()))
        else:
            found.append((other.body, names_of(other.recipient.organisation) if other.recipient else ()))
    found += [(f.body, (*names_of(f.recipient.organisation), f.recipient.first_name)) for f in fellows]
    return tuple(found)


def _sender(given: SenderGiven | None, book: Playbook) -> Sender:
    """Who writes: what the file says, the rest from the playbook; another company's address is not the playbook's."""
    own = book.sender
    if given is None:
        return own
    said = given.model_fields_set
    another = "company" in said and (given.company or "").casefold() != own.company.casefold()
    values = {}
    for key in ("name", "title", "company", "email", "postal_address", "website", "opt_out"):
        fill = "" if another and key in ("postal_address", "website") else getattr(own, key)
        values[key] = (getattr(given, key) or "") if key in said else fill
    return Sender(**values)


def _footer(sender: Sender) -> str:
    """What the program puts below a mail: only what there is."""
    place = ", ".join(part for part in (sender.company, sender.postal_address) if part)
    return "\n".join(part for part in (place, sender.opt_out) if part)


def _own_footer(body: str, sender: Sender) -> str:
    """The footer that a body brings with it: its last lines from the first one with an address or a way out."""
    lines = body.split("\n")
    start = len(lines)
    for n in range(len(lines) - 1, max(len(lines) - 8, 0), -1):
        line = lines[n].strip()
        if is_footer_line(line):
            start = n
        elif line and line not in ("--", "-- ", "—") and line != sender.company:
            break
    while start < len(lines) and start > 0 and lines[start - 1].strip() in ("", "--", "—", sender.company):
        start -= 1
    return "\n".join(lines[start:]) if start < len(lines) else ""
