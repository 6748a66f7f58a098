"""What the steps of a meeting's life are told and answer. The rules of `activities.messages` hold here too."""

from datetime import datetime
from uuid import UUID

from activities.messages import Message


class SendInvitations(Message):
    """Tell everybody who takes part how the meeting is as of this change of it.

    `former` are the employees whom this change has removed: they are told that it is cancelled for them.
    """

    meeting_id: UUID
    sequence: int
    former: tuple[UUID, ...] = ()


class InvitationsSent(Message):
    """How many mails have gone out, and to whom none can be delivered for good, in words without personal data."""

    sent: int = 0
    failures: tuple[str, ...] = ()


class RemindOf(Message):
    """A reminder that is due: `before` names it (ISO 8601), for the meeting as it is planned at `start`."""

    meeting_id: UUID
    start: datetime
    before: str
