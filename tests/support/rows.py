"""The least rows that the schema's foreign keys allow, for tests that need somebody to act upon."""

from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from db.models import Account, Contact, MessageDraft, Prospect


def make_prospect(session: Session, **values: Any) -> Prospect:
    """A D3 college in Ohio with its account, flushed."""
    name = values.pop("name", f"Test College {uuid4().hex[:6]}")
    given = {"playbook": "sports-lighting", "venue_type": "college_d3", "state": "OH", **values}
    prospect = Prospect(account=Account(name=name), name=name, **given)
    session.add(prospect)
    session.flush()
    return prospect


def make_contact(session: Session, prospect: Prospect | None = None, **values: Any) -> Contact:
    """An athletic director of `prospect` (or of a new one), flushed."""
    owner = prospect if prospect is not None else make_prospect(session)
    given = {
        "first_name": "Dana",
        "last_name": "Reyes",
        "title": "Athletic Director",
        "email": f"{uuid4().hex[:8]}@college.example",
        **values,
    }
    contact = Contact(account=owner.account, prospect=owner, **given)
    session.add(contact)
    session.flush()
    return contact


def make_draft(session: Session, contact: Contact, **values: Any) -> MessageDraft:
    """A first email to `contact`, not yet decided on, flushed."""
    given = {
        "channel": "email",
        "touch_number": 1,
        "touch_type": "email",
        "subject_line": "Field lighting",
        "body": "Hi Dana, one question about the lights.",
        **values,
    }
    draft = MessageDraft(contact=contact, **given)
    session.add(draft)
    session.flush()
    return draft
