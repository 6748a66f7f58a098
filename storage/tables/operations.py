"""Table of the operators' actions."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

import storage.tables.notifications  # noqa: F401 - the module of the last tables imports all others
from storage.tables.columns import INSTANT


class OperatorActionRow(SQLModel, table=True):
    """An entry in the log of operators' actions. Append-only: the running role can neither change nor delete it.

    `actor` is the subject of the operator's access token, or `user@host`. `subject` names what the action is about by
    ids, such as `meeting:{id}`. `reason` is the operator's own text. The log has no other personal data.
    """

    __tablename__ = "operator_action"
    __table_args__ = (sa.Index("operator_action_by_subject", "subject", "id"),)

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    at: datetime = Field(sa_type=INSTANT)
    actor: str
    action: str
    subject: str
    reason: str
    outcome: str
