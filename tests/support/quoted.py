"""That facts are quoted: each stands word for word in a text that is kept."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ExternalId, ResearchFact
from tools.research.sources import WEB


def unsupported(session: Session, account_id: str) -> list[ResearchFact]:
    """Facts from kept pages whose quote stands in none of the page's kept texts. There should be none."""
    texts = {
        row.source_url: [
            str((row.payload or {}).get("text", "")),
            *(str(old["text"]) for old in (row.payload or {}).get("earlier", ())),
        ]
        for row in session.scalars(
            select(ExternalId).where(
                ExternalId.table_name == "accounts", ExternalId.record_id == account_id, ExternalId.source == WEB
            )
        )
    }
    facts = session.scalars(select(ResearchFact).where(ResearchFact.account_id == account_id)).all()
    return [
        fact
        for fact in facts
        if fact.source_url in texts and not any(fact.quote in text for text in texts[fact.source_url])
    ]
