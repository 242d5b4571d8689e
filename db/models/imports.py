"""How the columns of a file layout were mapped, so that the same layout needs no second decision."""

from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.columns import Base, Stamped, WithId, between, json_list, json_object
from db.enums import ImportEntity, one_of


class ImportMapping(WithId, Stamped, Base):
    """The agreed column mapping of one file layout under one playbook; `confidence` is 0-1."""

    __tablename__ = "import_mappings"
    __table_args__ = (
        UniqueConstraint("layout_hash", "playbook"),
        one_of("entity", ImportEntity),
        between("confidence", 0, 1),
        Index("idx_import_mappings_playbook", "playbook"),
    )

    layout_hash: Mapped[str] = mapped_column(Text)
    playbook: Mapped[str] = mapped_column(Text)
    entity: Mapped[str] = mapped_column(Text)
    headers: Mapped[list[str]] = json_list()
    mapping: Mapped[dict[str, Any]] = json_object()
    decided_by: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float | None] = mapped_column()
