"""Classifies contacts by their titles, by the table where it knows them, else as a model once said."""

import json
from collections.abc import Mapping
from typing import Any, Final

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import ToolException
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ContactRole, PersonaType, SeniorityLevel
from db.models import AgentAuditLog, Contact, Prospect
from tools.context import ToolContext
from tools.journal import note
from tools.titles import TitleClass, classify, title_key

CLASSIFIED: Final = "title_classified"


def learned_titles(session: Session) -> dict[str, TitleClass]:
    """What models said of titles that the table doesn't know, by `title_key`; the latest word counts."""
    entries = session.scalars(
        select(AgentAuditLog)
        .where(AgentAuditLog.action == CLASSIFIED)
        .order_by(AgentAuditLog.created_at, AgentAuditLog.id)
    )
    return {
        entry.details["key"]: TitleClass(
            entry.details["persona_type"], entry.details["seniority_level"], entry.details["role"]
        )
        for entry in entries
        if entry.details is not None
    }


def classify_contact(contact: Contact, learned: Mapping[str, TitleClass]) -> bool:
    """Fills a contact's persona, seniority and role from the title, where they are blank; whether any was filled.

    What stands there already was set by a person or an earlier run, and stays.
    """
    if not contact.title or (contact.persona_type and contact.seniority_level and contact.role):
        return False
    found = classify(contact.title) or learned.get(title_key(contact.title))
    if found is None:
        return False
    changed = False
    for attribute, value in vars(found).items():
        if value is not None and getattr(contact, attribute) is None:
            setattr(contact, attribute, value)
            changed = True
    return changed


def unknown_titles(session: Session, playbook: str, most: int = 20) -> list[str]:
    """Titles that nobody has classified, one spelling of each, in alphabetical order."""
    titles = session.scalars(
        select(Contact.title)
        .distinct()
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(Prospect.playbook == playbook, Contact.persona_type.is_(None), Contact.title.is_not(None))
        .order_by(Contact.title)
    )
    by_key: dict[str, str] = {}
    for title in titles:
        if title and title.strip():
            by_key.setdefault(title_key(title), title)
    return list(by_key.values())[:most]


def keep_class(session: Session, playbook: str, run_id: str, title: str, found: TitleClass) -> int:
    """Gives everybody with this title what was said of it; how many people that is."""
    people = session.scalars(
        select(Contact)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(Prospect.playbook == playbook, Contact.persona_type.is_(None), Contact.title.is_not(None))
    ).all()
    key = title_key(title)
    learned = {key: found}
    mine = [person for person in people if title_key(person.title or "") == key]
    for person in mine:
        classify_contact(person, learned)
    if key not in learned_titles(session):
        note(
            session,
            run_id=run_id,
            agent="hygiene",
            action=CLASSIFIED,
            details={"title": title, "key": key, **vars(found)},
        )
    return len(mine)


@tool
async def classify_title(
    number: int,
    persona_type: PersonaType,
    role: ContactRole,
    runtime: ToolRuntime[ToolContext, Any],
    seniority_level: SeniorityLevel | None = None,
) -> str:
    """Say what a numbered job title means. Everybody with that title is classified so.

    Args:
        number: The title's number.
        persona_type: Which of the personas it is; Other if none of them.
        role: The part such a person plays in a purchase; unknown if the title does not tell.
        seniority_level: How senior it is; leave it out if the title does not tell.
    """
    context = runtime.context
    if not 1 <= number <= len(context.titles):
        raise ToolException(f"There is no title {number}; the titles are 1 to {len(context.titles)}.")
    found = TitleClass(persona_type.value, seniority_level.value if seniority_level else None, role.value)
    title, playbook = context.titles[number - 1], context.playbook.name
    count = await context.db.write(lambda s: keep_class(s, playbook, context.run_id, title, found))
    return json.dumps({"title": number, "people": count})


classify_title.handle_tool_error = True
