"""The plan of an experiment, laid down before its first message.

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UUID = {
    "sqlite": "(lower(hex(randomblob(16))))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}
SHARES = ("baseline", "lift", "alpha", "power")


def upgrade() -> None:
    op.create_table(
        "experiment_plans",
        sa.Column("id", sa.Text(), server_default=sa.text(UUID[op.get_bind().dialect.name]), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in SHARES),
        sa.Column("per_group", sa.Integer(), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False
        ),
        sa.CheckConstraint("metric IN ('reply', 'positive', 'meeting')", name=op.f("ck_experiment_plans_metric")),
        *(sa.CheckConstraint(f"{name} BETWEEN 0 AND 1", name=op.f(f"ck_experiment_plans_{name}")) for name in SHARES),
        sa.CheckConstraint("per_group >= 1", name=op.f("ck_experiment_plans_per_group")),
        sa.CheckConstraint("window_days >= 1", name=op.f("ck_experiment_plans_window_days")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_experiment_plans_experiment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment_plans")),
        sa.UniqueConstraint("experiment_id", name=op.f("uq_experiment_plans_experiment_id")),
    )


def downgrade() -> None:
    op.drop_table("experiment_plans")
