"""Schema of an invitation and its delivery status."""

from typing import Self
from uuid import UUID

from pydantic import Field

from api.schemas.base import examples
from api.schemas.base.common import Instant, Wire
from api.schemas.base.examples import example
from domain.calendar.file import Method
from storage.notifications.invitations import InvitationStatus
from storage.tables.notifications import InvitationRow


class Invitation(Wire):
    """One invitation mail: its recipient, the state of the meeting in it, and its delivery status."""

    model_config = example(
        messageId="<9b2c7e52-6f5d-5c55-8d5a-3b0d5f0c1c6e@bookme>",
        sequence=0,
        method="REQUEST",
        employeeId=examples.EMPLOYEE,
        recipient="freja.lindqvist@nordhavn.example.com",
        status="Sent",
        attempts=1,
        dateCreated=examples.MADE,
        dateSent=examples.CHANGED,
    )

    message_id: str = Field(description="The mail's `Message-ID`: whoever tries again sends the same one.")
    sequence: int = Field(description="Which state of the meeting it tells: how often it had been changed.")
    method: Method = Field(description="`REQUEST`: the meeting is as told. `CANCEL`: it is not, for this recipient.")
    employee_id: UUID | None = Field(None, description="The employee whom it is for.")
    room_id: UUID | None = Field(None, description="The room that it is for.")
    recipient: str = Field(description="The mailbox that it went to, or is to go to.")
    status: InvitationStatus = Field(description="What has become of it; a pending one is tried again.")
    attempts: int = Field(description="How often it was tried to send it.")
    failure: str | None = Field(None, description="Why the last try failed: in the mail server's words, or in ours.")
    date_created: Instant = Field(description="When it was made.")
    date_sent: Instant | None = Field(None, description="When the mail server took it.")

    @classmethod
    def stored(cls, row: InvitationRow) -> Self:
        return cls(
            message_id=row.message_id,
            sequence=row.sequence,
            method=Method(row.method),
            employee_id=row.employee_id,
            room_id=row.room_id,
            recipient=row.recipient,
            status=InvitationStatus(row.status),
            attempts=row.attempts,
            failure=row.failure,
            date_created=row.created_at,
            date_sent=row.sent_at,
        )
