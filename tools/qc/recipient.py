"""Rules on whom a message goes to, and whether it calls them by their name."""

import re
import unicodedata

from tools.qc.model import DraftUnderCheck, Finding, Findings

_GREETING = re.compile(
    r"^\s*(?:Hi|Hello|Dear|Hey|Greetings|Good (?:morning|afternoon|evening"
    r"|day)),?(?P<name>\s*(?:[A-Z][a-z]{0,4}\.\s+)?[^,\n:!.–—]*)[,\n:!.–—]"
    r"|^\s*(?P<bare>[^\W\d_][^\n,:]{0,40}),[ \t]*(?:\n|$)",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"^(?:mr|mrs|ms|miss|mx|dr|prof|professor|coach|principal|superintendent|dean|president|sir|rev|fr|sr)\.?\s+", re.I
)


def _plain(name: str) -> str:
    """A name without its accents, for comparing."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold().strip()


def greeting(draft: DraftUnderCheck) -> Findings:
    """The greeting names this person and nobody else."""
    person = draft.recipient
    first, last = person.first_name.strip(), person.last_name.strip()
    if not (first or last or person.names):
        yield Finding("recipient", "", "Nobody knows the recipient's name.", "Find the name before writing.")
        return
    match = _GREETING.match(draft.text)
    if match is None:
        line = draft.text.split("\n", 1)[0]
        yield Finding("body", line, "There is no greeting by name.", f"Begin with 'Hi {first or last},'.", 0)
        return
    name = (match["name"] if match["name"] is not None else match["bare"]).strip()
    bare = _TITLE.sub("", name)
    allowed = {first, f"{first} {last}".strip(), *person.names}
    if bare != name:
        allowed |= {last}
    if _plain(bare) in {_plain(a) for a in allowed if a}:
        return
    words = match[0].strip()
    wrong = f"It greets '{name}', but goes to {first} {last}.".replace(" .", ".") if name else "It greets nobody."
    yield Finding("body", words, wrong, f"Greet {first or last}.", match.start() + match[0].find(words))


def missing(draft: DraftUnderCheck) -> Findings:
    """There is somewhere to send it."""
    if not draft.recipient.address and not (draft.to or "").strip():
        wrong = f"There is no address for {draft.channel}."
        yield Finding("recipient", "", wrong, "Add one to the contact, or archive the draft.")


def wrong(draft: DraftUnderCheck) -> Findings:
    """What stands on the envelope is the contact's own address."""
    to, own = (draft.to or "").strip(), draft.recipient.address or ""
    if to and own and to.casefold() != own.strip().casefold():
        yield Finding(
            "recipient", "", f"It would go to {to}; the contact's address is {own}.", "Send it to the contact."
        )


def do_not_contact(draft: DraftUnderCheck) -> Findings:
    """Nobody who asked not to be written to is written to."""
    if draft.recipient.do_not_contact:
        yield Finding("recipient", "", "This person is do-not-contact.", "Nothing can be sent to them.")


def suppressed(draft: DraftUnderCheck) -> Findings:
    """Nothing goes to a suppressed address or domain."""
    if draft.recipient.suppressed:
        yield Finding("recipient", "", "This address is suppressed.", "Nothing can be sent to it.")


def bounced(draft: DraftUnderCheck) -> Findings:
    """No mail goes to an address that bounced."""
    if draft.recipient.bounced and draft.channel == "email":
        yield Finding("recipient", "", "Mail to this address has bounced.", "Find another address first.")


def known_invalid(draft: DraftUnderCheck) -> Findings:
    """No mail goes to an address that a check found invalid."""
    if draft.channel == "email" and draft.recipient.email_verified is False:
        yield Finding("recipient", "", "This address was checked and is not valid.", "Find another address first.")


def unverified(draft: DraftUnderCheck) -> Findings:
    """Somebody has checked the address."""
    if draft.channel == "email" and draft.recipient.address and draft.recipient.email_verified is None:
        yield Finding("recipient", "", "Nobody has verified this address.", "It may bounce; verify it where you can.")


def crowded(draft: DraftUnderCheck) -> Findings:
    """No more people of one organisation are written to at a time than the playbook allows."""
    most, others = draft.playbook.qc.people_per_organisation, draft.recipient.others
    if others >= most and draft.kind != "reply":
        wrong = f"{others} other people of this organisation are being written to; {most} at a time are enough."
        yield Finding("recipient", "", wrong, "Wait until one of them has answered or their sequence is over.")
