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

    message_id: str = Field(description="`Message-ID` of the mail. Every attempt sends the same id.")
    sequence: int = Field(
        description="Version of the meeting in the mail: the number of earlier changes of the meeting."
    )
    method: Method = Field(
        description="`REQUEST`: the mail adds or updates the calendar entry. `CANCEL`: the mail removes the "
        "calendar entry of this recipient."
    )
    employee_id: UUID | None = Field(None, description="The employee who receives the mail.")
    room_id: UUID | None = Field(None, description="The room that receives the mail.")
    recipient: str = Field(description="Mail address of the recipient.")
    status: InvitationStatus = Field(description="Status of the mail. BookMe tries a `Pending` mail again.")
    attempts: int = Field(description="Number of attempts to send the mail.")
    failure: str | None = Field(
        None, description="Why the last attempt failed, in the words of the mail server or of BookMe."
    )
    date_created: Instant = Field(description="When the invitation was created.")
    date_sent: Instant | None = Field(None, description="When the mail server accepted the mail.")

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
