"""What was agreed on about files' columns."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ImportMapping


def headers_for(session: Session, playbook: str, field: str) -> set[str]:
    """Every column name that was agreed to hold a field, over all layouts of a playbook."""
    mappings = session.scalars(select(ImportMapping.mapping).where(ImportMapping.playbook == playbook))
    return {m["columns"][field] for m in mappings if field in m["columns"]}
