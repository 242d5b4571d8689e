"""A batch as tables: one row a message for a spreadsheet, one row a person for HubSpot.

Every cell goes through `tools.csv_cells.harmless`, and every cell is quoted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from outreach.pages.batch_data import BatchData, Message, Person
from tools.csv_cells import harmless
from tools.normalise import state_of

MESSAGE_COLUMNS: Final = (
    "batch", "position", "group", "person", "title", "organisation", "city", "us_state", "timezone", "tier", "score",
    "email", "phone", "linkedin_url", "draft_id", "channel", "touch", "state", "note", "subject", "body",
    "draft_subject", "draft_body",
)  # fmt: skip
HUBSPOT_COLUMNS: Final = (
    "First Name", "Last Name", "Email", "Phone Number", "Job Title", "Company Name", "Website URL", "LinkedIn URL",
    "City", "State/Region", "Time Zone", "Lifecycle Stage", "Lead Status", "Contact owner",
    "Outreach Batch", "Outreach Group", "Outreach Tier", "Outreach Score", "Outreach Message State",
    "Outreach Contact ID",
)  # fmt: skip
_DIALLED_FROM: Final = "US"
"""Where the sender dials from; the import, too, takes a number without a country for one of there."""
_LIFECYCLE: Final = {
    "opportunity": "Opportunity",
    "meeting_held": "Sales Qualified Lead",
    "meeting_booked": "Sales Qualified Lead",
}
_LEAD_STATUS: Final = {
    "new": "New",
    "researched": "Open",
    "drafted": "Open",
    "sent": "Attempted to Contact",
    "follow_up": "Attempted to Contact",
    "replied": "Connected",
    "meeting_booked": "Connected",
    "meeting_held": "Connected",
    "opportunity": "Open Deal",
    "dormant": "Bad Timing",
    "re_engaged": "Attempted to Contact",
    "closed": "Unqualified",
}
"""HubSpot's own values of its property, by the contact's stage."""


def message_rows(data: BatchData) -> list[list[str]]:
    """One row a message, people in their order; a person without one has a row without.

    `subject` and `body` hold only what is approved or has left; what is not approved stands in `draft_subject` and
    `draft_body`, so that no mail merge takes it. Of people who must not be contacted there is nothing but the name.
    """
    found: list[list[str]] = []
    for person in data.people:
        found += [_message_row(data, person, one) for one in person.messages]
        if not person.messages:
            found.append(_message_row(data, person, None))
    return found


def _message_row(data: BatchData, person: Person, message: Message | None) -> list[str]:
    batch = data.batch.batch_number if data.batch.batch_number is not None else data.batch.id
    contact = person.contact
    row: dict[str, object] = {"batch": batch, "position": person.place, "group": person.group, "person": person.name}
    if person.barred or contact is None:
        row |= {"state": "do_not_contact", "note": person.barred}
        return _cells(row, MESSAGE_COLUMNS)
    prospect = contact.prospect
    row |= {
        "title": contact.title,
        "organisation": prospect.name,
        "city": prospect.city,
        "us_state": state_of(prospect.state, prospect.account.hq_location),
        "timezone": person.zone,
        "tier": prospect.tier,
        "score": prospect.icp_score,
        "email": contact.email,
        "phone": dialled(contact.phone),
        "linkedin_url": contact.linkedin_url,
    }
    if message is not None:
        cleared = message.leaves or message.state == "sent"
        row |= {
            "draft_id": message.draft_id,
            "channel": message.channel,
            "touch": message.touch_number,
            "state": message.state,
            "note": message.note,
            ("subject" if cleared else "draft_subject"): message.subject,
            ("body" if cleared else "draft_body"): message.body,
        }
    return _cells(row, MESSAGE_COLUMNS)


def hubspot_rows(data: BatchData) -> list[list[str]]:
    """One row a person under HubSpot's import names, with columns of ours behind; who must not be contacted is left
    out. The owner is the address of the playbook's sender, by which HubSpot knows its users."""
    return [_hubspot_row(data, person) for person in data.people if person.contact is not None and not person.barred]


def _hubspot_row(data: BatchData, person: Person) -> list[str]:
    contact = person.contact
    assert contact is not None  # noqa: S101 (the caller has asked)
    prospect, account = contact.prospect, contact.account
    playbook = data.playbooks.get(prospect.playbook)
    sender = playbook.sender if playbook else None
    return _cells(
        {
            "First Name": contact.first_name,
            "Last Name": contact.last_name,
            "Email": contact.email,
            "Phone Number": dialled(contact.phone),
            "Job Title": contact.title,
            "Company Name": prospect.name,
            "Website URL": account.website_url or account.domain,
            "LinkedIn URL": contact.linkedin_url,
            "City": prospect.city,
            "State/Region": state_of(prospect.state, account.hq_location),
            "Time Zone": person.zone,
            "Lifecycle Stage": _LIFECYCLE.get(contact.stage, "Lead"),
            "Lead Status": _LEAD_STATUS.get(contact.stage),
            "Contact owner": sender.email if sender and not sender.sample else None,
            "Outreach Batch": data.batch.batch_number,
            "Outreach Group": person.group,
            "Outreach Tier": prospect.tier,
            "Outreach Score": prospect.icp_score,
            "Outreach Message State": "; ".join(sorted({message.state for message in person.messages})),
            "Outreach Contact ID": contact.id,
        },
        HUBSPOT_COLUMNS,
    )


def dialled(phone: str | None) -> str:
    """A number as it is dialled from the United States: '1 (513) 555-0101', '011 44 20 7946 0958'.

    So no cell begins with the plus of E.164, which a spreadsheet would reckon with, and which an apostrophe would
    spoil for a CRM. What is no number stays as it is.
    """
    if not phone:
        return ""
    import phonenumbers

    try:
        number = phonenumbers.parse(phone, _DIALLED_FROM)
    except phonenumbers.NumberParseException:
        return phone
    if not phonenumbers.is_possible_number(number):
        return phone
    return phonenumbers.format_out_of_country_calling_number(number, _DIALLED_FROM)


def _cells(row: dict[str, object], columns: Iterable[str]) -> list[str]:
    return [harmless(row.get(name)) for name in columns]


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str]], *, excel: bool = False) -> bytes:
    """The table as UTF-8 text (RFC 4180); with `excel` a byte order mark first, by which Excel knows the encoding."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    # A lone surrogate has no UTF-8 form, and must not keep the rest from being written.
    return text.getvalue().encode("utf-8-sig" if excel else "utf-8", "replace")
