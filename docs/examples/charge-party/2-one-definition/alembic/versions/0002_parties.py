"""zones, energy events and payouts"""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zones",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(40), nullable=False, unique=True),
    )
    op.create_table(
        "energy_events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("zone_id", sa.Integer(), sa.ForeignKey("zones.id"), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("energy_events.id"), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=True),
    )


def downgrade() -> None:
    for table in ("payouts", "energy_events", "zones"):
        op.drop_table(table)
