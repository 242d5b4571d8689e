"""Rules on whom a message goes to and what must never leave."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from tools.qc.model import DraftUnderCheck

Finding = tuple[str, str, str, str]

_UNFILLED = re.compile(
    r"\{\{.*?\}\}|\{\w+\}|%\w+%|\bTBD\b|\bXX+\b|\bundefined\b|\bNone\b|\bnull\b|\bnan\b"
    r"|(?i:[\[<][a-z_ ]*(?:name|company|school|title|insert|your|placeholder)[a-z_ ]*[\]>])"
)
_GREETING = re.compile(r"^\s*(?:Hi|Hello|Dear|Hey|Good (?:morning|afternoon)),?\s+(?P<name>[^,\n:!]+?)\s*[,:!\n]")
_HISTORY = re.compile(
    r"\b(?:as (?:we )?(?:discussed|spoke|promised|agreed)|per our (?:call|conversation|discussion)"
    r"|(?:when|since) we (?:last )?(?:spoke|talked|met)"
    r"|following up on (?:my|our) (?:last|previous|call|note|email|message)"
    r"|I (?:called|tried calling|left you a (?:voicemail|message))"
    r"|(?:great|good|nice) (?:talking|speaking|meeting) (?:to|with) you"
    r"|thanks for (?:your (?:reply|time|interest)|getting back))\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\"']+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|co|edu|gov|ly|me|app|dev|ai)\b(?:/[^\s<>()\"']*)?",
    re.IGNORECASE,
)


def unfilled_variables(draft: DraftUnderCheck) -> Iterator[Finding]:
    """A variable that nothing was filled in for."""
    for place, text in (("subject", draft.subject), ("body", draft.text)):
        for match in _UNFILLED.finditer(text):
            yield place, match[0], "A variable was not filled in.", "Fill it or take out its sentence."


def greeting(draft: DraftUnderCheck) -> Iterator[Finding]:
    """The greeting must name this person and nobody else."""
    first, last = draft.recipient.first_name, draft.recipient.last_name
    match = _GREETING.match(draft.text)
    if match is None:
        yield (
            "body",
            draft.text.split("\n", 1)[0],
            "There is no greeting by name.",
            f"Begin with 'Hi {first},'.",
        )
        return
    name = match["name"].strip()
    allowed = {
        first,
        f"{first} {last}".strip(),
        *(f"{t} {last}" for t in ("Mr.", "Ms.", "Mrs.", "Dr.", "Coach")),
    }
    if name.casefold() not in {a.casefold() for a in allowed if a}:
        yield "body", match[0].strip(), f"It greets '{name}', but goes to {first} {last}.", f"Greet {first}."


def recipient_missing(draft: DraftUnderCheck) -> Iterator[Finding]:
    """There must be somewhere to send it."""
    if not draft.recipient.address:
        yield (
            "message",
            "",
            f"There is no address for {draft.channel}.",
            "Add one to the contact, or archive the draft.",
        )


def recipient_barred(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Nobody who asked not to be written to, and no address that bounced."""
    recipient = draft.recipient
    if recipient.do_not_contact:
        yield "message", "", "This person is do-not-contact.", "Nothing can be sent to them."
    if recipient.suppressed:
        yield "message", "", "This address is suppressed.", "Nothing can be sent to it."
    if recipient.bounced and draft.channel == "email":
        yield "message", "", "Mail to this address has bounced.", "Find another address first."


def address_known_invalid(draft: DraftUnderCheck) -> Iterator[Finding]:
    """An address that a check found invalid."""
    if draft.channel == "email" and draft.recipient.email_verified is False:
        yield "message", "", "This address was checked and is not valid.", "Find another address first."


def address_unverified(draft: DraftUnderCheck) -> Iterator[Finding]:
    """An address that nobody has checked."""
    if draft.channel == "email" and draft.recipient.address and draft.recipient.email_verified is None:
        yield "message", "", "Nobody has verified this address.", "It may bounce; verify it where you can."


def touch_already_sent(draft: DraftUnderCheck) -> Iterator[Finding]:
    """The same touch must not go out twice."""
    if draft.touch_sent:
        yield (
            "message",
            "",
            f"Touch {draft.touch} has been sent to this person already.",
            "Archive this draft.",
        )


def sender_identity(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Commercial e-mail names its sender, a postal address and a way out (CAN-SPAM Act, 15 U.S.C. 7704(a)(5))."""
    if draft.channel != "email":
        return
    sender = draft.playbook.sender
    for wanted, what in (
        (sender.name, "the sender's name"),
        (sender.postal_address, "the sender's postal address"),
        (sender.opt_out, "how to get no more mail"),
    ):
        if wanted not in draft.body:
            yield "message", "", f"The message lacks {what}.", f"Put back: {wanted}"


def false_history(draft: DraftUnderCheck) -> Iterator[Finding]:
    """A first message must not pretend that there was one before."""
    if draft.earlier_touches:
        return
    for match in _HISTORY.finditer(draft.text):
        yield "body", match[0], "It speaks of a contact that never was.", "Take the phrase out."
    if re.match(r"\s*(?:re|fwd?|aw|wg)\s*:", draft.subject, re.IGNORECASE):
        yield (
            "subject",
            draft.subject,
            "The subject pretends to be a reply or forward.",
            "Write a subject of its own.",
        )


def hidden_characters(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Control and direction characters: what the person reads must be what leaves."""
    for place, text in (("subject", draft.subject), ("body", draft.body)):
        for character in dict.fromkeys(text):
            hidden = unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Cs")
            if hidden and not (character == "\n" and place == "body"):
                yield place, character, f"It has a hidden character (U+{ord(character):04X}).", "Take it out."


def foreign_links(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Only the sender's own site may be linked to: a link is how data would leave with a message."""
    own = urlsplit(draft.playbook.sender.website).hostname or ""
    for match in _LINK.finditer(draft.text):
        written = match[0] if "//" in match[0] else f"https://{match[0]}"
        host = urlsplit(written).hostname or ""
        if host != own and not host.endswith(f".{own}"):
            yield "body", match[0], "It links to a site that is not the sender's.", "Take the link out."
