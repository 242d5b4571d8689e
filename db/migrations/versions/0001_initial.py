"""The whole schema of both specifications, and the nine seed templates.

Revision ID: 0001
Revises:
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.seeds import template_rows

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
NOW = sa.text("CURRENT_TIMESTAMP")
UUID = {
    "sqlite": "(lower(hex(randomblob(16))))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}

# Children after their parents; dropped the other way round.
TABLES = (
    "accounts",
    "audit_log",
    "batches",
    "experiments",
    "external_ids",
    "import_mappings",
    "label_corrections",
    "merges",
    "outreach_templates",
    "prospects",
    "bid_alerts",
    "contacts",
    "hygiene_flags",
    "prospect_scores",
    "activities",
    "agent_runs",
    "batch_prospects",
    "icp_scores",
    "outreach_sequences",
    "signals",
    "suppressions",
    "agent_audit_log",
    "message_drafts",
    "research_snapshots",
    "approvals",
    "deliveries",
    "followups",
    "message_versions",
    "research_facts",
    "touchpoints",
    "inbound_messages",
    "replies",
    "opportunities",
    "referral_suggestions",
)


def upgrade() -> None:
    uuid = sa.text(UUID[op.get_bind().dialect.name])
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("sub_industry", sa.Text(), nullable=True),
        sa.Column("employee_count", sa.Integer(), nullable=True),
        sa.Column("employee_band", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("known_tools", JSON, nullable=True),
        sa.Column("linkedin_company_url", sa.Text(), nullable=True),
        sa.Column("website_url", sa.Text(), nullable=True),
        sa.Column("buyer_intent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("buyer_intent_date", sa.Date(), nullable=True),
        sa.Column("annual_revenue", sa.Text(), nullable=True),
        sa.Column("funding_stage", sa.Text(), nullable=True),
        sa.Column("last_funding_date", sa.Date(), nullable=True),
        sa.Column("last_funding_amount", sa.Text(), nullable=True),
        sa.Column("hq_location", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("research_freshness", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "employee_band IN ('1-50', '51-200', '201-1000', '1001-5000', '5000+') OR employee_band IS NULL",
            name=op.f("ck_accounts_employee_band"),
        ),
        sa.CheckConstraint(
            "tier IN ('Enterprise', 'Mid-Market', 'SMB') OR tier IS NULL", name=op.f("ck_accounts_tier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index("idx_accounts_domain", "accounts", ["domain"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=True), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("old_values", JSON, nullable=True),
        sa.Column("new_values", JSON, nullable=True),
        sa.Column("timestamp", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("seal_no", sa.BigInteger(), nullable=True),
        sa.Column("prev_hash", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.CheckConstraint("action IN ('insert', 'update', 'delete')", name=op.f("ck_audit_log_action")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("seal_no", name=op.f("uq_audit_log_seal_no")),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_audit_table", "audit_log", ["table_name", "record_id"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("batch_number", sa.Integer(), nullable=True),
        sa.Column("created_date", sa.Date(), nullable=True),
        sa.Column("prospect_count", sa.Integer(), nullable=True),
        sa.Column("ab_variable", sa.Text(), nullable=True),
        sa.Column("ab_description", sa.Text(), nullable=True),
        sa.Column("pre_brief", sa.Text(), nullable=True),
        sa.Column("mix_ratio", JSON, nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("html_file_path", sa.Text(), nullable=True),
        sa.Column("metrics", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "status IN ('building', 'ready', 'active', 'completed') OR status IS NULL", name=op.f("ck_batches_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "experiments",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("variable", sa.Text(), nullable=True),
        sa.Column("group_a_desc", sa.Text(), nullable=True),
        sa.Column("group_b_desc", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("batches_included", JSON, nullable=True),
        sa.Column("group_a_sent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_a_replies", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_a_meetings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_a_opps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_b_sent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_b_replies", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_b_meetings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("group_b_opps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'completed', 'inconclusive') OR status IS NULL", name=op.f("ck_experiments_status")
        ),
        sa.CheckConstraint(
            "variable IN ('pain_hook', 'proof_point_style', 'opener_style', 'ask_intensity', 'message_length') OR variable IS NULL",
            name=op.f("ck_experiments_variable"),
        ),
        sa.CheckConstraint("winner IN ('A', 'B') OR winner IS NULL", name=op.f("ck_experiments_winner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_table(
        "external_ids",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("payload", JSON, nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_ids")),
        sa.UniqueConstraint(
            "table_name", "source", "external_id", name=op.f("uq_external_ids_table_name_source_external_id")
        ),
    )
    op.create_index("idx_external_ids_record", "external_ids", ["table_name", "record_id"], unique=False)
    op.create_table(
        "import_mappings",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("layout_hash", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("headers", JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("mapping", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "entity IN ('organisation', 'contact', 'mixed', 'signal')", name=op.f("ck_import_mappings_entity")
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_import_mappings_confidence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mappings")),
        sa.UniqueConstraint("layout_hash", "playbook", name=op.f("uq_import_mappings_layout_hash_playbook")),
    )
    op.create_index("idx_import_mappings_playbook", "import_mappings", ["playbook"], unique=False)
    op.create_table(
        "label_corrections",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=True),
        sa.Column("new_value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("corrected_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_corrections")),
    )
    op.create_index("idx_label_corrections_record", "label_corrections", ["table_name", "record_id"], unique=False)
    op.create_table(
        "merges",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("kept_id", sa.Text(), nullable=False),
        sa.Column("merged_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("certainty", sa.Double(), nullable=True),
        sa.Column("snapshot", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("merged_by", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.CheckConstraint("certainty BETWEEN 0 AND 1", name=op.f("ck_merges_certainty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index("idx_merges_kept", "merges", ["table_name", "kept_id"], unique=False)
    op.create_index("idx_merges_merged", "merges", ["table_name", "merged_id"], unique=False)
    op.create_table(
        "outreach_templates",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("step_number", sa.Integer(), nullable=False),
        sa.Column("subject_template", sa.Text(), nullable=False),
        sa.Column("body_template", sa.Text(), nullable=False),
        sa.Column("days_after_previous", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("tier IN ('A1', 'A2', 'B')", name=op.f("ck_outreach_templates_tier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_templates")),
    )
    op.create_index(
        "idx_outreach_templates_unique", "outreach_templates", ["playbook", "tier", "step_number"], unique=True
    )
    op.create_table(
        "prospects",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("venue_type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("classification", sa.Text(), nullable=True),
        sa.Column("conference", sa.Text(), nullable=True),
        sa.Column("enrollment", sa.Integer(), nullable=True),
        sa.Column("primary_sport", sa.Text(), nullable=True),
        sa.Column("stadium_name", sa.Text(), nullable=True),
        sa.Column("seating_capacity", sa.Integer(), nullable=True),
        sa.Column("current_lighting_type", sa.Text(), nullable=True),
        sa.Column("current_lighting_age_years", sa.Integer(), nullable=True),
        sa.Column("has_night_games", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("broadcast_requirements", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="identified", nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("icp_score", sa.Integer(), nullable=True),
        sa.Column("constraint_hypothesis", sa.Text(), nullable=True),
        sa.Column("value_proposition", sa.Text(), nullable=True),
        sa.Column("research_notes", sa.Text(), nullable=True),
        sa.Column("estimated_project_timeline", sa.Text(), nullable=True),
        sa.Column("budget_cycle_month", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "broadcast_requirements IN ('none', 'local_streaming', 'conference_network', 'espn') OR broadcast_requirements IS NULL",
            name=op.f("ck_prospects_broadcast_requirements"),
        ),
        sa.CheckConstraint(
            "current_lighting_type IN ('metal_halide', 'early_led', 'modern_led', 'unknown') OR current_lighting_type IS NULL",
            name=op.f("ck_prospects_current_lighting_type"),
        ),
        sa.CheckConstraint(
            "estimated_project_timeline IN ('immediate', 'within_6_months', 'within_12_months', '12_plus_months', 'unknown') OR estimated_project_timeline IS NULL",
            name=op.f("ck_prospects_estimated_project_timeline"),
        ),
        sa.CheckConstraint(
            "primary_sport IN ('football', 'baseball', 'multi_sport') OR primary_sport IS NULL",
            name=op.f("ck_prospects_primary_sport"),
        ),
        sa.CheckConstraint(
            "source IN ('manual', 'bid_portal', 'directory_import', 'referral', 'linkedin', 'import') OR source IS NULL",
            name=op.f("ck_prospects_source"),
        ),
        sa.CheckConstraint("state IN ('OH', 'IN', 'PA', 'KY', 'IL', 'OTHER')", name=op.f("ck_prospects_state")),
        sa.CheckConstraint(
            "status IN ('identified', 'needs_scoring', 'scored', 'needs_research', 'research_complete', 'ready_for_outreach', 'outreach_active', 'engaged', 'nurture', 'deprioritized')",
            name=op.f("ck_prospects_status"),
        ),
        sa.CheckConstraint("tier IN ('A1', 'A2', 'B', 'C', 'D') OR tier IS NULL", name=op.f("ck_prospects_tier")),
        sa.CheckConstraint(
            "venue_type IN ('college_d1', 'college_d2', 'college_d3', 'college_naia', 'high_school_6a', 'high_school_5a', 'high_school_4a', 'high_school_3a', 'high_school_other', 'company')",
            name=op.f("ck_prospects_venue_type"),
        ),
        sa.CheckConstraint("budget_cycle_month BETWEEN 1 AND 12", name=op.f("ck_prospects_budget_cycle_month")),
        sa.CheckConstraint("icp_score BETWEEN 0 AND 100", name=op.f("ck_prospects_icp_score")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_prospects_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospects")),
        sa.UniqueConstraint("account_id", "playbook", name=op.f("uq_prospects_account_id_playbook")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_prospects_id_account_id")),
    )
    op.create_index("idx_prospects_state", "prospects", ["state"], unique=False)
    op.create_index("idx_prospects_status", "prospects", ["status"], unique=False)
    op.create_index("idx_prospects_tier", "prospects", ["tier"], unique=False)
    op.create_index("idx_prospects_venue_type", "prospects", ["venue_type"], unique=False)
    op.create_table(
        "bid_alerts",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("organization_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("posted_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("matched_prospect_id", sa.Text(), nullable=True),
        sa.Column("match_confidence", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "source IN ('bidnet', 'onvia', 'public_purchase', 'manual', 'sam_gov', 'ocds', 'csv')",
            name=op.f("ck_bid_alerts_source"),
        ),
        sa.CheckConstraint(
            "status IN ('new', 'reviewed', 'matched', 'not_relevant')", name=op.f("ck_bid_alerts_status")
        ),
        sa.CheckConstraint("match_confidence BETWEEN 0 AND 1", name=op.f("ck_bid_alerts_match_confidence")),
        sa.ForeignKeyConstraint(
            ["matched_prospect_id"], ["prospects.id"], name=op.f("fk_bid_alerts_matched_prospect_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_alerts")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_bid_alerts_source_external_id")),
    )
    op.create_index("idx_bid_alerts_due_date", "bid_alerts", ["due_date"], unique=False)
    op.create_index("idx_bid_alerts_state", "bid_alerts", ["state"], unique=False)
    op.create_index("idx_bid_alerts_status", "bid_alerts", ["status"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "full_name", sa.Text(), sa.Computed("trim(first_name || ' ' || last_name)", persisted=True), nullable=True
        ),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("persona_type", sa.Text(), nullable=True),
        sa.Column("seniority_level", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_verified", sa.Boolean(), nullable=True),
        sa.Column("linkedin_url", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("tenure_months", sa.Integer(), nullable=True),
        sa.Column("recently_hired", sa.Boolean(), nullable=True),
        sa.Column("previous_company", sa.Text(), nullable=True),
        sa.Column("previous_title", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), server_default="new", nullable=False),
        sa.Column("priority_score", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("priority_factors", JSON, nullable=True),
        sa.Column("personalization_score", sa.Integer(), nullable=True),
        sa.Column("predicted_objection", sa.Text(), nullable=True),
        sa.Column("objection_response", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("do_not_contact", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("dnc_reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("last_contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engagement_score", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("do_not_contact = (status = 'do_not_contact')", name=op.f("ck_contacts_do_not_contact")),
        sa.CheckConstraint(
            "persona_type IN ('QA Director', 'VP Eng', 'QA Manager', 'SDET', 'Athletic Director', 'Facilities Director', 'CFO', 'Other') OR persona_type IS NULL",
            name=op.f("ck_contacts_persona_type"),
        ),
        sa.CheckConstraint(
            "role IN ('decision_maker', 'influencer', 'champion', 'blocker', 'unknown') OR role IS NULL",
            name=op.f("ck_contacts_role"),
        ),
        sa.CheckConstraint(
            "seniority_level IN ('IC', 'Manager', 'Director', 'VP', 'C-Suite') OR seniority_level IS NULL",
            name=op.f("ck_contacts_seniority_level"),
        ),
        sa.CheckConstraint(
            "source IN ('sales_nav', 'apollo', 'manual', 'referral', 'bid_portal', 'directory_import', 'linkedin', 'import') OR source IS NULL",
            name=op.f("ck_contacts_source"),
        ),
        sa.CheckConstraint(
            "stage IN ('new', 'researched', 'drafted', 'sent', 'follow_up', 'replied', 'meeting_booked', 'meeting_held', 'opportunity', 'dormant', 're_engaged', 'closed')",
            name=op.f("ck_contacts_stage"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'dormant', 'bounced', 'do_not_contact')", name=op.f("ck_contacts_status")
        ),
        sa.CheckConstraint("trim(linkedin_url) <> ''", name=op.f("ck_contacts_linkedin_url")),
        sa.CheckConstraint("personalization_score BETWEEN 1 AND 3", name=op.f("ck_contacts_personalization_score")),
        sa.CheckConstraint("priority_score BETWEEN 1 AND 5", name=op.f("ck_contacts_priority_score")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_contacts_account_id")),
        sa.ForeignKeyConstraint(
            ["prospect_id", "account_id"],
            ["prospects.id", "prospects.account_id"],
            name=op.f("fk_contacts_prospect_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_contacts_prospect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("linkedin_url", name=op.f("uq_contacts_linkedin_url")),
    )
    op.create_index("idx_contacts_account", "contacts", ["account_id"], unique=False)
    op.create_index("idx_contacts_email", "contacts", ["email"], unique=False)
    op.create_index("idx_contacts_linkedin", "contacts", ["linkedin_url"], unique=False)
    op.create_index("idx_contacts_priority", "contacts", [sa.literal_column("priority_score DESC")], unique=False)
    op.create_index("idx_contacts_prospect_id", "contacts", ["prospect_id"], unique=False)
    op.create_index("idx_contacts_stage", "contacts", ["stage"], unique=False)
    op.create_table(
        "hygiene_flags",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("other_prospect_id", sa.Text(), nullable=True),
        sa.Column("flag_type", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), server_default="info", nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("suggested_action", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolution_notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "flag_type IN ('missing_contact', 'missing_email', 'stale_data', 'score_anomaly', 'duplicate_suspect', 'data_quality', 'outreach_blocked')",
            name=op.f("ck_hygiene_flags_flag_type"),
        ),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_hygiene_flags_severity")),
        sa.ForeignKeyConstraint(
            ["other_prospect_id"], ["prospects.id"], name=op.f("fk_hygiene_flags_other_prospect_id")
        ),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_hygiene_flags_prospect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hygiene_flags")),
    )
    op.create_index("idx_hygiene_flags_prospect_id", "hygiene_flags", ["prospect_id"], unique=False)
    op.create_index("idx_hygiene_flags_resolved_at", "hygiene_flags", ["resolved_at"], unique=False)
    op.create_index("idx_hygiene_flags_severity", "hygiene_flags", ["severity"], unique=False)
    op.create_table(
        "prospect_scores",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("scored_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("scored_by", sa.Text(), nullable=True),
        sa.Column("scoring_version", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "dimension IN ('venue_type', 'geography', 'budget_signals', 'current_lighting_age', 'night_game_frequency', 'broadcast_requirements', 'decision_maker_access', 'project_timeline')",
            name=op.f("ck_prospect_scores_dimension"),
        ),
        sa.CheckConstraint("score BETWEEN 1 AND 10", name=op.f("ck_prospect_scores_score")),
        sa.CheckConstraint("weight BETWEEN 1 AND 5", name=op.f("ck_prospect_scores_weight")),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_prospect_scores_prospect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospect_scores")),
    )
    op.create_index("idx_prospect_scores_prospect_id", "prospect_scores", ["prospect_id"], unique=False)
    op.create_index(
        "idx_prospect_scores_unique", "prospect_scores", ["prospect_id", "dimension", "scored_at"], unique=True
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("email_template_id", sa.Text(), nullable=True),
        sa.Column("email_sequence_step", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "direction IN ('inbound', 'outbound') OR direction IS NULL", name=op.f("ck_activities_direction")
        ),
        sa.CheckConstraint(
            "type IN ('email_sent', 'email_received', 'email_opened', 'email_clicked', 'call', 'meeting', 'note', 'status_change', 'score_change', 'research_completed', 'outreach_started', 'outreach_paused', 'outreach_completed')",
            name=op.f("ck_activities_type"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_activities_contact_id")),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_activities_prospect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    op.create_index("idx_activities_contact_id", "activities", ["contact_id"], unique=False)
    op.create_index("idx_activities_created_at", "activities", ["created_at"], unique=False)
    op.create_index("idx_activities_prospect_id", "activities", ["prospect_id"], unique=False)
    op.create_index("idx_activities_type", "activities", ["type"], unique=False)
    op.create_table(
        "agent_runs",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("run_type", sa.Text(), nullable=False),
        sa.Column("agent_name", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("parent_run_id", sa.Text(), nullable=True),
        sa.Column("thread_id", sa.Text(), nullable=True),
        sa.Column("trigger", sa.Text(), nullable=True),
        sa.Column("inputs", JSON, nullable=True),
        sa.Column("outputs", JSON, nullable=True),
        sa.Column("sources_used", JSON, nullable=True),
        sa.Column("decisions", JSON, nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("prompt_id", sa.Text(), nullable=True),
        sa.Column("prompt_hash", sa.Text(), nullable=True),
        sa.Column("tokens_used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_in", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_out", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_cached", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cost_usd", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("records_processed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("records_created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("records_updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_traceback", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "agent_name IN ('orchestrator', 'prospector', 'hygiene', 'researcher', 'drafting', 'qc', 'outreach', 'reply_triage', 'analyst')",
            name=op.f("ck_agent_runs_agent_name"),
        ),
        sa.CheckConstraint(
            "run_type IN ('research', 'draft', 'qc', 'analysis', 'pre_brief', 'batch_build', 'reply_triage', 'call_prep', 'signal_scan', 'orchestrate', 'prospect', 'hygiene', 'dispatch', 'approval', 'model_call', 'tool_call')",
            name=op.f("ck_agent_runs_run_type"),
        ),
        sa.CheckConstraint(
            "status IN ('running', 'waiting', 'success', 'partial', 'error')", name=op.f("ck_agent_runs_status")
        ),
        sa.CheckConstraint(
            "trigger IN ('scheduled', 'manual', 'event') OR trigger IS NULL", name=op.f("ck_agent_runs_trigger")
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_agent_runs_attempt")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_agent_runs_batch_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_agent_runs_contact_id")),
        sa.ForeignKeyConstraint(["parent_run_id"], ["agent_runs.id"], name=op.f("fk_agent_runs_parent_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_runs")),
    )
    op.create_index("idx_agent_runs_agent_name", "agent_runs", ["agent_name"], unique=False)
    op.create_index("idx_agent_runs_contact", "agent_runs", ["contact_id"], unique=False)
    op.create_index("idx_agent_runs_parent", "agent_runs", ["parent_run_id"], unique=False)
    op.create_index("idx_agent_runs_started_at", "agent_runs", ["started_at"], unique=False)
    op.create_index("idx_agent_runs_status", "agent_runs", ["status"], unique=False)
    op.create_index("idx_agent_runs_thread_id", "agent_runs", ["thread_id"], unique=False)
    op.create_index("idx_agent_runs_type", "agent_runs", ["run_type"], unique=False)
    op.create_table(
        "batch_prospects",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("ab_group", sa.Text(), nullable=True),
        sa.Column("sequence_status", sa.Text(), nullable=True),
        sa.Column("position_in_batch", sa.Integer(), nullable=True),
        sa.CheckConstraint("ab_group IN ('A', 'B', 'C') OR ab_group IS NULL", name=op.f("ck_batch_prospects_ab_group")),
        sa.CheckConstraint(
            "sequence_status IN ('not_started', 'active', 'paused', 'replied', 'stopped', 'completed') OR sequence_status IS NULL",
            name=op.f("ck_batch_prospects_sequence_status"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_prospects_batch_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_batch_prospects_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_prospects")),
        sa.UniqueConstraint("batch_id", "contact_id", name=op.f("uq_batch_prospects_batch_id_contact_id")),
    )
    op.create_index("idx_batch_prospects", "batch_prospects", ["batch_id", "contact_id"], unique=False)
    op.create_table(
        "icp_scores",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("title_match", sa.Integer(), nullable=True),
        sa.Column("vertical_match", sa.Integer(), nullable=True),
        sa.Column("company_size_fit", sa.Integer(), nullable=True),
        sa.Column("seniority_fit", sa.Integer(), nullable=True),
        sa.Column("software_qa_confirmed", sa.Boolean(), nullable=True),
        sa.Column("buyer_intent_bonus", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_score", sa.Integer(), nullable=True),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scoring_version", sa.Text(), nullable=True),
        sa.CheckConstraint("buyer_intent_bonus BETWEEN 0 AND 2", name=op.f("ck_icp_scores_buyer_intent_bonus")),
        sa.CheckConstraint("company_size_fit BETWEEN 0 AND 2", name=op.f("ck_icp_scores_company_size_fit")),
        sa.CheckConstraint("seniority_fit BETWEEN 0 AND 2", name=op.f("ck_icp_scores_seniority_fit")),
        sa.CheckConstraint("title_match BETWEEN 0 AND 3", name=op.f("ck_icp_scores_title_match")),
        sa.CheckConstraint("total_score BETWEEN 0 AND 12", name=op.f("ck_icp_scores_total_score")),
        sa.CheckConstraint("vertical_match BETWEEN 0 AND 2", name=op.f("ck_icp_scores_vertical_match")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_icp_scores_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_icp_scores")),
    )
    op.create_index("idx_icp_scores_contact", "icp_scores", ["contact_id"], unique=False)
    op.create_table(
        "outreach_sequences",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("current_step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_steps", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emails_sent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("emails_opened", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("emails_clicked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("replies_received", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("requires_approval", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'paused', 'completed', 'stopped')",
            name=op.f("ck_outreach_sequences_status"),
        ),
        sa.CheckConstraint("tier IN ('A1', 'A2', 'B')", name=op.f("ck_outreach_sequences_tier")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_outreach_sequences_contact_id")),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_outreach_sequences_prospect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_sequences")),
    )
    op.create_index("idx_outreach_sequences_contact_id", "outreach_sequences", ["contact_id"], unique=False)
    op.create_index("idx_outreach_sequences_next_step_at", "outreach_sequences", ["next_step_at"], unique=False)
    op.create_index("idx_outreach_sequences_prospect_id", "outreach_sequences", ["prospect_id"], unique=False)
    op.create_index("idx_outreach_sequences_status", "outreach_sequences", ["status"], unique=False)
    op.create_table(
        "signals",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("signal_type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.Date(), nullable=True),
        sa.Column("acted_on", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "signal_type IN ('buyer_intent', 'qa_job_posting', 'funding', 'leadership_change', 'product_launch', 'competitor_eval')",
            name=op.f("ck_signals_signal_type"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_signals_account_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_signals_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
    )
    op.create_index("idx_signals_account", "signals", ["account_id"], unique=False)
    op.create_index("idx_signals_contact", "signals", ["contact_id"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("kind IN ('address', 'domain')", name=op.f("ck_suppressions_kind")),
        sa.CheckConstraint("value = lower(value)", name=op.f("ck_suppressions_value")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_suppressions_contact_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_suppressions_kind_value")),
    )
    op.create_table(
        "agent_audit_log",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("agent_run_id", sa.Text(), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("details", JSON, nullable=True),
        sa.Column("requires_review", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["agent_run_id"], ["agent_runs.id"], name=op.f("fk_agent_audit_log_agent_run_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_agent_audit_log_contact_id")),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_agent_audit_log_prospect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_audit_log")),
    )
    op.create_index("idx_agent_audit_log_agent_run_id", "agent_audit_log", ["agent_run_id"], unique=False)
    op.create_index("idx_agent_audit_log_created_at", "agent_audit_log", ["created_at"], unique=False)
    op.create_index("idx_agent_audit_log_prospect_id", "agent_audit_log", ["prospect_id"], unique=False)
    op.create_index("idx_agent_audit_log_requires_review", "agent_audit_log", ["requires_review"], unique=False)
    op.create_table(
        "message_drafts",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("sequence_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("touch_number", sa.Integer(), nullable=False),
        sa.Column("touch_type", sa.Text(), nullable=False),
        sa.Column("subject_line", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("personalization_score", sa.Integer(), nullable=True),
        sa.Column("proof_point_used", sa.Text(), nullable=True),
        sa.Column("pain_hook", sa.Text(), nullable=True),
        sa.Column("opener_style", sa.Text(), nullable=True),
        sa.Column("ask_style", sa.Text(), nullable=True),
        sa.Column("word_count", sa.Integer(), nullable=True),
        sa.Column("qc_passed", sa.Boolean(), nullable=True),
        sa.Column("qc_flags", JSON, nullable=True),
        sa.Column("qc_run_id", sa.Text(), nullable=True),
        sa.Column("approval_status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("ab_group", sa.Text(), nullable=True),
        sa.Column("ab_variable", sa.Text(), nullable=True),
        sa.Column("agent_run_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("ab_group IN ('A', 'B', 'C') OR ab_group IS NULL", name=op.f("ck_message_drafts_ab_group")),
        sa.CheckConstraint(
            "approval_status IN ('draft', 'ready', 'sent', 'archived')", name=op.f("ck_message_drafts_approval_status")
        ),
        sa.CheckConstraint(
            "ask_style IN ('direct_ask', 'soft_offer', 'value_add') OR ask_style IS NULL",
            name=op.f("ck_message_drafts_ask_style"),
        ),
        sa.CheckConstraint("channel IN ('linkedin', 'email', 'call')", name=op.f("ck_message_drafts_channel")),
        sa.CheckConstraint(
            "opener_style IN ('career_reference', 'company_metric', 'activity_reference') OR opener_style IS NULL",
            name=op.f("ck_message_drafts_opener_style"),
        ),
        sa.CheckConstraint(
            "touch_type IN ('inmail', 'email', 'call_snippet', 'breakup', 're_engagement', 'reply_draft')",
            name=op.f("ck_message_drafts_touch_type"),
        ),
        sa.CheckConstraint(
            "personalization_score BETWEEN 1 AND 3", name=op.f("ck_message_drafts_personalization_score")
        ),
        sa.CheckConstraint("touch_number BETWEEN 1 AND 6", name=op.f("ck_message_drafts_touch_number")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_message_drafts_version")),
        sa.ForeignKeyConstraint(["agent_run_id"], ["agent_runs.id"], name=op.f("fk_message_drafts_agent_run_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_message_drafts_batch_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_message_drafts_contact_id")),
        sa.ForeignKeyConstraint(["qc_run_id"], ["agent_runs.id"], name=op.f("fk_message_drafts_qc_run_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["outreach_sequences.id"], name=op.f("fk_message_drafts_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_drafts")),
    )
    op.create_index("idx_messages_approval_status", "message_drafts", ["approval_status"], unique=False)
    op.create_index("idx_messages_batch", "message_drafts", ["batch_id"], unique=False)
    op.create_index("idx_messages_contact", "message_drafts", ["contact_id"], unique=False)
    op.create_index(
        "idx_messages_touch",
        "message_drafts",
        ["contact_id", "sequence_id", "touch_number"],
        unique=True,
        sqlite_where=sa.text("touch_type <> 'reply_draft' AND approval_status <> 'archived'"),
        postgresql_where=sa.text("touch_type <> 'reply_draft' AND approval_status <> 'archived'"),
    )
    op.create_table(
        "research_snapshots",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("career_history", JSON, nullable=True),
        sa.Column("responsibilities", sa.Text(), nullable=True),
        sa.Column("tech_stack_signals", JSON, nullable=True),
        sa.Column("pain_indicators", JSON, nullable=True),
        sa.Column("recent_activity", sa.Text(), nullable=True),
        sa.Column("company_products", sa.Text(), nullable=True),
        sa.Column("company_metrics", sa.Text(), nullable=True),
        sa.Column("company_news", sa.Text(), nullable=True),
        sa.Column("hiring_signals", sa.Text(), nullable=True),
        sa.Column("sources", JSON, nullable=True),
        sa.Column("confidence_score", sa.Integer(), nullable=True),
        sa.Column("agent_run_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("entity_type IN ('person', 'company')", name=op.f("ck_research_snapshots_entity_type")),
        sa.CheckConstraint("confidence_score BETWEEN 1 AND 5", name=op.f("ck_research_snapshots_confidence_score")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_research_snapshots_account_id")),
        sa.ForeignKeyConstraint(["agent_run_id"], ["agent_runs.id"], name=op.f("fk_research_snapshots_agent_run_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_research_snapshots_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_snapshots")),
    )
    op.create_index("idx_research_account", "research_snapshots", ["account_id"], unique=False)
    op.create_index("idx_research_contact", "research_snapshots", ["contact_id"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ordinal", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "decided_by = 'user' OR substr(decided_by, 1, 5) = 'user:'", name=op.f("ck_approvals_decided_by")
        ),
        sa.CheckConstraint(
            "decision IN ('approve', 'edit', 'reject', 'skip', 'do_not_contact', 'revoke')",
            name=op.f("ck_approvals_decision"),
        ),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_approvals_content_hash")),
        sa.CheckConstraint("ordinal >= 1", name=op.f("ck_approvals_ordinal")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_approvals_contact_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["message_drafts.id"], name=op.f("fk_approvals_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("draft_id", "version", "ordinal", name=op.f("uq_approvals_draft_id_version_ordinal")),
    )
    op.create_index("idx_approvals_contact", "approvals", ["contact_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("sequence_id", sa.Text(), nullable=True),
        sa.Column("touch_number", sa.Integer(), nullable=False),
        sa.Column("touch_type", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="claimed", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("channel <> 'email' OR message_id IS NOT NULL", name=op.f("ck_deliveries_message_id")),
        sa.CheckConstraint("channel IN ('linkedin', 'email', 'call')", name=op.f("ck_deliveries_channel")),
        sa.CheckConstraint("state IN ('claimed', 'sent', 'failed', 'uncertain')", name=op.f("ck_deliveries_state")),
        sa.CheckConstraint(
            "touch_type IN ('inmail', 'email', 'call_snippet', 'breakup', 're_engagement', 'reply_draft')",
            name=op.f("ck_deliveries_touch_type"),
        ),
        sa.CheckConstraint("touch_number BETWEEN 1 AND 6", name=op.f("ck_deliveries_touch_number")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_deliveries_contact_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["message_drafts.id"], name=op.f("fk_deliveries_draft_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["outreach_sequences.id"], name=op.f("fk_deliveries_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_deliveries_draft_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_deliveries_message_id")),
    )
    op.create_index("idx_deliveries_contact", "deliveries", ["contact_id"], unique=False)
    op.create_index("idx_deliveries_state", "deliveries", ["state"], unique=False)
    op.create_index(
        "idx_deliveries_touch",
        "deliveries",
        ["sequence_id", "touch_number"],
        unique=True,
        sqlite_where=sa.text("touch_type <> 'reply_draft'"),
        postgresql_where=sa.text("touch_type <> 'reply_draft'"),
    )
    op.create_table(
        "followups",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("sequence_id", sa.Text(), nullable=True),
        sa.Column("touch_number", sa.Integer(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("message_draft_id", sa.Text(), nullable=True),
        sa.Column("reminder_sent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "channel IN ('linkedin', 'email', 'call') OR channel IS NULL", name=op.f("ck_followups_channel")
        ),
        sa.CheckConstraint("state IN ('pending', 'completed', 'skipped', 'overdue')", name=op.f("ck_followups_state")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_followups_contact_id")),
        sa.ForeignKeyConstraint(
            ["message_draft_id"], ["message_drafts.id"], name=op.f("fk_followups_message_draft_id")
        ),
        sa.ForeignKeyConstraint(["sequence_id"], ["outreach_sequences.id"], name=op.f("fk_followups_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followups")),
    )
    op.create_index("idx_followups_contact", "followups", ["contact_id"], unique=False)
    op.create_index("idx_followups_due", "followups", ["due_date", "state"], unique=False)
    op.create_table(
        "message_versions",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject_line", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("claims", JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "reason IN ('draft', 'qc_revision', 'rejection', 'human_edit')", name=op.f("ck_message_versions_reason")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_message_versions_version")),
        sa.ForeignKeyConstraint(["draft_id"], ["message_drafts.id"], name=op.f("fk_message_versions_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_versions")),
        sa.UniqueConstraint("draft_id", "version", name=op.f("uq_message_versions_draft_id_version")),
    )
    op.create_table(
        "research_facts",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("prospect_id", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("source_title", sa.Text(), nullable=True),
        sa.Column("external_id_ref", sa.Text(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("fact_key", sa.Text(), nullable=False),
        sa.Column("agent_run_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "field IN ('career_history', 'responsibilities', 'tech_stack_signals', 'pain_indicators', 'recent_activity', 'company_products', 'company_metrics', 'company_news', 'hiring_signals', 'facility')",
            name=op.f("ck_research_facts_field"),
        ),
        sa.CheckConstraint("confidence BETWEEN 1 AND 5", name=op.f("ck_research_facts_confidence")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_research_facts_account_id")),
        sa.ForeignKeyConstraint(["agent_run_id"], ["agent_runs.id"], name=op.f("fk_research_facts_agent_run_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_research_facts_contact_id")),
        sa.ForeignKeyConstraint(
            ["external_id_ref"], ["external_ids.id"], name=op.f("fk_research_facts_external_id_ref")
        ),
        sa.ForeignKeyConstraint(["prospect_id"], ["prospects.id"], name=op.f("fk_research_facts_prospect_id")),
        sa.ForeignKeyConstraint(["snapshot_id"], ["research_snapshots.id"], name=op.f("fk_research_facts_snapshot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_facts")),
        sa.UniqueConstraint("fact_key", name=op.f("uq_research_facts_fact_key")),
    )
    op.create_index("idx_research_facts_account", "research_facts", ["account_id"], unique=False)
    op.create_index("idx_research_facts_contact", "research_facts", ["contact_id"], unique=False)
    op.create_index("idx_research_facts_prospect", "research_facts", ["prospect_id"], unique=False)
    op.create_index("idx_research_facts_snapshot", "research_facts", ["snapshot_id"], unique=False)
    op.create_table(
        "touchpoints",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("message_draft_id", sa.Text(), nullable=True),
        sa.Column("sequence_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("touch_number", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("call_duration_seconds", sa.Integer(), nullable=True),
        sa.Column("call_notes", sa.Text(), nullable=True),
        sa.Column("confirmed_by_user", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("channel IN ('linkedin', 'email', 'call')", name=op.f("ck_touchpoints_channel")),
        sa.CheckConstraint(
            "outcome IN ('connected', 'voicemail', 'no_answer', 'wrong_number') OR outcome IS NULL",
            name=op.f("ck_touchpoints_outcome"),
        ),
        sa.CheckConstraint("call_duration_seconds >= 0", name=op.f("ck_touchpoints_call_duration_seconds")),
        sa.CheckConstraint("touch_number BETWEEN 1 AND 6", name=op.f("ck_touchpoints_touch_number")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_touchpoints_contact_id")),
        sa.ForeignKeyConstraint(
            ["message_draft_id"], ["message_drafts.id"], name=op.f("fk_touchpoints_message_draft_id")
        ),
        sa.ForeignKeyConstraint(["sequence_id"], ["outreach_sequences.id"], name=op.f("fk_touchpoints_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoints")),
    )
    op.create_index("idx_touchpoints_contact", "touchpoints", ["contact_id"], unique=False)
    op.create_index("idx_touchpoints_draft", "touchpoints", ["message_draft_id"], unique=False)
    op.create_index("idx_touchpoints_sent", "touchpoints", ["sent_at"], unique=False)
    op.create_table(
        "inbound_messages",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("references_ids", JSON, nullable=True),
        sa.Column("from_address", sa.Text(), nullable=True),
        sa.Column("to_address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("matched_by", sa.Text(), nullable=True),
        sa.Column("delivery_id", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "kind IN ('human', 'out_of_office', 'auto_ack', 'bounce', 'complaint') OR kind IS NULL",
            name=op.f("ck_inbound_messages_kind"),
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_inbound_messages_contact_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_inbound_messages_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
        sa.UniqueConstraint("message_id", name=op.f("uq_inbound_messages_message_id")),
    )
    op.create_index("idx_inbound_messages_contact", "inbound_messages", ["contact_id"], unique=False)
    op.create_index("idx_inbound_messages_delivery", "inbound_messages", ["delivery_id"], unique=False)
    op.create_index("idx_inbound_messages_processed_at", "inbound_messages", ["processed_at"], unique=False)
    op.create_table(
        "replies",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("touchpoint_id", sa.Text(), nullable=True),
        sa.Column("inbound_message_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("reply_tag", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("raw_text", sa.Text(), nullable=True),
        sa.Column("referral_name", sa.Text(), nullable=True),
        sa.Column("referral_title", sa.Text(), nullable=True),
        sa.Column("recommended_next_step", sa.Text(), nullable=True),
        sa.Column("next_step_taken", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "channel IN ('linkedin', 'email', 'call') OR channel IS NULL", name=op.f("ck_replies_channel")
        ),
        sa.CheckConstraint(
            "intent IN ('positive', 'neutral', 'not_now', 'referral', 'unsubscribe', 'negative') OR intent IS NULL",
            name=op.f("ck_replies_intent"),
        ),
        sa.CheckConstraint(
            "reply_tag IN ('opener', 'pain_hook', 'proof_point', 'timing', 'referral', 'not_interested', 'unknown') OR reply_tag IS NULL",
            name=op.f("ck_replies_reply_tag"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_replies_confidence")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_replies_contact_id")),
        sa.ForeignKeyConstraint(
            ["inbound_message_id"], ["inbound_messages.id"], name=op.f("fk_replies_inbound_message_id")
        ),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoints.id"], name=op.f("fk_replies_touchpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("inbound_message_id", name=op.f("uq_replies_inbound_message_id")),
    )
    op.create_index("idx_replies_contact", "replies", ["contact_id"], unique=False)
    op.create_index("idx_replies_touchpoint", "replies", ["touchpoint_id"], unique=False)
    op.create_table(
        "opportunities",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("meeting_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meeting_held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("meeting_outcome", sa.Text(), nullable=True),
        sa.Column("opportunity_created_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opportunity_created", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("pipeline_value", sa.Double(), nullable=True),
        sa.Column("trigger_touchpoint_id", sa.Text(), nullable=True),
        sa.Column("trigger_reply_id", sa.Text(), nullable=True),
        sa.Column("attribution_channel", sa.Text(), nullable=True),
        sa.Column("attribution_touch_number", sa.Integer(), nullable=True),
        sa.Column("attribution_proof_point", sa.Text(), nullable=True),
        sa.Column("attribution_pain_hook", sa.Text(), nullable=True),
        sa.Column("attribution_opener_style", sa.Text(), nullable=True),
        sa.Column("attribution_personalization_score", sa.Integer(), nullable=True),
        sa.Column("attribution_ab_group", sa.Text(), nullable=True),
        sa.Column("attribution_ab_variable", sa.Text(), nullable=True),
        sa.Column("ae_name", sa.Text(), nullable=True),
        sa.Column("ae_feedback", sa.Text(), nullable=True),
        sa.Column("disqualification_reason", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "attribution_ab_group IN ('A', 'B', 'C') OR attribution_ab_group IS NULL",
            name=op.f("ck_opportunities_attribution_ab_group"),
        ),
        sa.CheckConstraint(
            "attribution_channel IN ('linkedin', 'email', 'call') OR attribution_channel IS NULL",
            name=op.f("ck_opportunities_attribution_channel"),
        ),
        sa.CheckConstraint(
            "attribution_opener_style IN ('career_reference', 'company_metric', 'activity_reference') OR attribution_opener_style IS NULL",
            name=op.f("ck_opportunities_attribution_opener_style"),
        ),
        sa.CheckConstraint(
            "meeting_outcome IN ('qualified', 'disqualified', 'no_show', 'rescheduled') OR meeting_outcome IS NULL",
            name=op.f("ck_opportunities_meeting_outcome"),
        ),
        sa.CheckConstraint(
            "status IN ('meeting_booked', 'meeting_held', 'opportunity_created', 'disqualified', 'lost') OR status IS NULL",
            name=op.f("ck_opportunities_status"),
        ),
        sa.CheckConstraint(
            "attribution_personalization_score BETWEEN 1 AND 3",
            name=op.f("ck_opportunities_attribution_personalization_score"),
        ),
        sa.CheckConstraint(
            "attribution_touch_number BETWEEN 1 AND 6", name=op.f("ck_opportunities_attribution_touch_number")
        ),
        sa.CheckConstraint("pipeline_value >= 0", name=op.f("ck_opportunities_pipeline_value")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_opportunities_account_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_opportunities_contact_id")),
        sa.ForeignKeyConstraint(["trigger_reply_id"], ["replies.id"], name=op.f("fk_opportunities_trigger_reply_id")),
        sa.ForeignKeyConstraint(
            ["trigger_touchpoint_id"], ["touchpoints.id"], name=op.f("fk_opportunities_trigger_touchpoint_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
    )
    op.create_index("idx_opportunities_contact", "opportunities", ["contact_id"], unique=False)
    op.create_index("idx_opportunities_status", "opportunities", ["status"], unique=False)
    op.create_table(
        "referral_suggestions",
        sa.Column("id", sa.Text(), server_default=uuid, nullable=False),
        sa.Column("reply_id", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("status IN ('open', 'accepted', 'dismissed')", name=op.f("ck_referral_suggestions_status")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_referral_suggestions_contact_id")),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name=op.f("fk_referral_suggestions_reply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_suggestions")),
    )
    op.create_index("idx_referral_suggestions_contact", "referral_suggestions", ["contact_id"], unique=False)
    op.create_index("idx_referral_suggestions_status", "referral_suggestions", ["status"], unique=False)
    _insert_seeds()


def _insert_seeds() -> None:
    templates = sa.table(
        "outreach_templates",
        sa.column("id", sa.Text()),
        sa.column("playbook", sa.Text()),
        sa.column("name", sa.Text()),
        sa.column("tier", sa.Text()),
        sa.column("step_number", sa.Integer()),
        sa.column("subject_template", sa.Text()),
        sa.column("body_template", sa.Text()),
        sa.column("days_after_previous", sa.Integer()),
    )
    op.bulk_insert(templates, template_rows())


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
