"""What QC looks at, and what it says."""

from dataclasses import dataclass
from typing import Any, Literal

from playbooks import Playbook

Severity = Literal["block", "warn"]


@dataclass(frozen=True)
class Fact:
    """A kept fact, as far as QC needs it."""

    id: str
    sentence: str
    quote: str


@dataclass(frozen=True)
class Recipient:
    """Whom the message goes to. `email_verified` is None where nobody has checked the address."""

    first_name: str
    last_name: str
    address: str | None
    do_not_contact: bool = False
    suppressed: bool = False
    bounced: bool = False
    email_verified: bool | None = None


@dataclass(frozen=True)
class DraftUnderCheck:
    """One message with all that its rules need. `body` ends with the footer, as it would leave; `text` has none.

    `names` are what the organisation may be called (name, short names, its venue); `claims` pairs a sentence of the
    text with the id of the fact it rests on. `by_person` says that a person wrote
    this version; `earlier_touches` is how many messages the recipient has had.
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
    earlier_touches: int = 0
    touch_sent: bool = False


@dataclass(frozen=True)
class Flag:
    """One finding. `text` are the words it is about, `start` where they stand in `place` (-1: nothing to mark)."""

    rule: str
    version: int
    severity: Severity
    message: str
    fix: str
    place: Literal["subject", "body", "message"] = "message"
    text: str = ""
    start: int = -1

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))
