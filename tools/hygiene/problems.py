"""What may be wrong with a prospect, as hygiene's flags tell it: six of SB's seven types.

The seventh, `duplicate_suspect`, is about two records, and is raised where they are compared.
"""

from collections.abc import Iterator, Sequence

from db.enums import ContactStatus, FlagSeverity, FlagType, State, VenueType
from db.models import Contact, Prospect
from playbooks import Playbook
from tools.hygiene.flags import Problem
from tools.normalise import email, email_hints

_HINTS = {
    "role_account": "is an address of several people",
    "disposable": "is a throw-away address",
    "misspelt_domain": "looks misspelt",
}


def problems(
    playbook: Playbook,
    prospect: Prospect,
    people: Sequence[Contact],
    stale: Sequence[str],
    anomalies: Sequence[str],
) -> Iterator[Problem]:
    """Every problem that a prospect can have, with the causes that it has now; `stale` and `anomalies` as found."""
    able = [p for p in people if p.status == ContactStatus.ACTIVE.value]
    written_to = prospect.tier in playbook.draft_tiers
    yield Problem(
        FlagType.MISSING_CONTACT,
        FlagSeverity.WARNING,
        "Nobody ",
        () if people else ("is known here",),
        "Find out whom to write to.",
        "Somebody is known here now.",
    )
    yield Problem(
        FlagType.MISSING_EMAIL,
        FlagSeverity.WARNING,
        "Nobody here has ",
        ("an e-mail address",) if able and not any(p.email for p in able) else (),
        "Find an address.",
        "There is an address now, or nobody to have one.",
    )
    yield Problem(
        FlagType.DATA_QUALITY,
        FlagSeverity.INFO,
        "Missing or wrong: ",
        tuple(_doubts(prospect, people)),
        "Look the values up and correct them.",
        "It is there now.",
    )
    yield Problem(
        FlagType.STALE_DATA,
        FlagSeverity.WARNING if written_to else FlagSeverity.INFO,
        "Older than the playbook allows: ",
        stale,
        "Look it up again; resolve the flag if it still holds, or import a newer list.",
        "It was confirmed, or nobody is going to write.",
    )
    yield Problem(
        FlagType.SCORE_ANOMALY,
        FlagSeverity.WARNING,
        "The score does not fit: ",
        anomalies,
        f"Look at `outreach score explain {prospect.id[:8]}` and correct the record.",
        "The score and the record agree now.",
    )
    yield Problem(
        FlagType.OUTREACH_BLOCKED,
        FlagSeverity.CRITICAL if written_to else FlagSeverity.INFO,
        "Nobody here may be written to: ",
        () if able else tuple(f"{p.full_name} {_why_not(p)}" for p in people),
        "Find somebody else there, or set the organisation aside.",
        "There is somebody to write to now.",
    )


def _why_not(person: Contact) -> str:
    if person.status == ContactStatus.DO_NOT_CONTACT.value:
        return "is not to be contacted"
    return "has an address that bounced" if person.status == ContactStatus.BOUNCED.value else "is dormant"


def _doubts(prospect: Prospect, people: Sequence[Contact]) -> Iterator[str]:
    school = prospect.venue_type != VenueType.COMPANY.value
    if prospect.account.domain is None:
        yield "no web domain"
    if school and prospect.enrollment is None:
        yield "no enrollment"
    if school and prospect.state == State.OTHER.value and not prospect.account.hq_location:
        yield "no place"
    for person in people:
        if person.email and not email(person.email):
            yield f"{person.full_name}: {person.email} is no e-mail address"
            continue
        for hint in email_hints(person.email):
            kind, _, meant = hint.partition(":")
            if kind in _HINTS:
                yield f"{person.full_name}: {person.email} {_HINTS[kind]}{f' ({meant}?)' if meant else ''}"
