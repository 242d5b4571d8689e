"""What QC looks at, and what it says."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from playbooks import Playbook, Sender

Severity = Literal["block", "warn"]
Place = Literal["subject", "body", "recipient", "message"]
KINDS: Final = ("first", "followup", "breakup", "re_engagement", "reply", "inmail", "note", "call")


class Finding(NamedTuple):
    """What a rule found: where, the words, what is wrong and what to do.

    `at` is where the words stand in that place; -1 leaves it to the engine to look for them.
    """

    place: Place
    words: str
    wrong: str
    fix: str
    at: int = -1


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Fact:
    """A kept fact, as far as QC needs it. `observed_on` is when its source said so; None where nobody knows."""

    id: str
    sentence: str
    quote: str
    field: str = ""
    observed_on: date | None = None


@dataclass(frozen=True)
class Recipient:
    """Whom the message goes to. `email_verified` is None where nobody has checked the address.

    `names` are further ways to call them; `others` is how many other people of their organisation are being written to.
    """

    first_name: str
    last_name: str
    address: str | None
    do_not_contact: bool = False
    suppressed: bool = False
    bounced: bool = False
    email_verified: bool | None = None
    names: tuple[str, ...] = ()
    title: str = ""
    others: int = 0


@dataclass(frozen=True)
class EarlierTouch:
    """An earlier touch to the same person. `connected` says that they spoke."""

    touch: int | None = None
    channel: str = "email"
    touch_type: str = ""
    subject: str = ""
    body: str = ""
    on: date | None = None
    connected: bool = False


@dataclass(frozen=True)
class Variant:
    """What the group of a test asks of a message, and what the draft says that it did."""

    variable: str
    value: str
    ask_style: str | None = None
    pain_hook: str | None = None
    proof_point: str | None = None


@dataclass(frozen=True)
class DraftUnderCheck:
    """One message with all that its rules need. `body` ends with the footer, as it would leave; `text` has none.

    `names` are what the organisation may be called (name, short names, its venue); `claims` pairs a sentence of the
    text with the id of the fact it rests on. `by_person` says that a person wrote this version. `history` is what went
    before, None where nobody knows; `siblings` are the texts of the other drafts of its batch, each with what its
    organisation and person are called. `to` is the address on the envelope where that is not simply the recipient's.
    `sender` stands in for the playbook's. `today` is the day it is judged on; without it no fact is too old.
    `variant` is what a test asks of it.
    """

    playbook: Playbook
    recipient: Recipient
    channel: str
    touch: int
    subject: str
    body: str
    text: str
    footer: str
    names: tuple[str, ...]
    facts: tuple[Fact, ...]
    claims: tuple[tuple[str, str], ...]
    by_person: bool = False
    touch_sent: bool = False
    touch_type: str = ""
    history: tuple[EarlierTouch, ...] | None = ()
    replied: bool = False
    siblings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sender: Sender | None = None
    to: str | None = None
    today: date | None = None
    variant: Variant | None = None
    memo: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    """What rules share of one check; never copied to another draft."""

    @property
    def written(self) -> tuple[tuple[Literal["subject", "body"], str], ...]:
        """Subject and text, each with the name of its place."""
        return (("subject", self.subject), ("body", self.text))

    @property
    def signer(self) -> Sender:
        """Who writes."""
        return self.sender or self.playbook.sender

    @property
    def kind(self) -> str:
        """What kind of touch it is, one of KINDS: what its measures go by."""
        if self.channel == "call":
            return "call"
        if self.channel == "linkedin":
            return "inmail" if self.subject.strip() else "note"
        if self.touch_type in ("breakup", "re_engagement"):
            return self.touch_type
        if self.touch_type == "reply_draft":
            return "reply"
        return "first" if self.touch <= 1 else "followup"


@dataclass(frozen=True)
class Flag:
    """One finding. `text` are the words it is about; they are `field[start:end]`, -1 where there is nothing to mark."""

    rule: str
    version: int
    severity: Severity
    message: str
    fix: str
    field: Place = "message"
    text: str = ""
    start: int = -1
    end: int = -1

    def as_json(self) -> dict[str, Any]:
        """The flag as it is kept in message_drafts.qc_flags and printed by `outreach qc check`."""
        return asdict(self)
