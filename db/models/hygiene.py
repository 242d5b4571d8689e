"""What the hygiene agent found that a person should look at (SB, hygiene_flags)."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.columns import Base, Created, UTCDateTime, WithId, one, refers, word
from db.enums import FlagSeverity, FlagType, one_of

if TYPE_CHECKING:
    from db.models.organisations import Prospect


class HygieneFlag(WithId, Created, Base):
    """An issue with a prospect; `other_prospect_id` is the other record of a duplicate_suspect."""

    __tablename__ = "hygiene_flags"
    __table_args__ = (
        one_of("flag_type", FlagType),
        one_of("severity", FlagSeverity),
        Index("idx_hygiene_flags_prospect_id", "prospect_id"),
        Index("idx_hygiene_flags_resolved_at", "resolved_at"),
        Index("idx_hygiene_flags_severity", "severity"),
    )

    prospect_id: Mapped[str] = refers("prospects.id")
    other_prospect_id: Mapped[str | None] = refers("prospects.id")
    flag_type: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = word(FlagSeverity.INFO.value)
    message: Mapped[str] = mapped_column(Text)
    suggested_action: Mapped[str | None] = mapped_column(Text)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resolved_by: Mapped[str | None] = mapped_column(Text)
    resolution_notes: Mapped[str | None] = mapped_column(Text)

    prospect: Mapped["Prospect"] = one(foreign_keys=[prospect_id])
    other_prospect: Mapped["Prospect | None"] = one(foreign_keys=[other_prospect_id])
