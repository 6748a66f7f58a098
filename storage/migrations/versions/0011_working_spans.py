"""Several working spans of a weekday, which do not overlap."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NO_OVERLAP = """
    ALTER TABLE workday ADD CONSTRAINT working_spans_of_a_weekday_do_not_overlap EXCLUDE USING gist (
        employee_id WITH =,
        weekday WITH =,
        numrange(
            extract(epoch FROM starts), CASE ends WHEN '00:00' THEN 86400 ELSE extract(epoch FROM ends) END
        ) WITH &&
    )
"""


def upgrade() -> None:
    op.drop_constraint("workday_pkey", "workday", type_="primary")
    op.create_primary_key("workday_pkey", "workday", ["employee_id", "weekday", "starts"])
    op.execute(NO_OVERLAP)
