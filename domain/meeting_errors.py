"""Errors that refuse a change of a meeting. They belong to the tree of `domain.errors`."""

from uuid import UUID

from domain.errors import Conflict, Reason


class MeetingExists(Conflict):
    reason = Reason.MEETING_EXISTS

    def __init__(self, meeting_id: UUID, differs: str | None = None) -> None:
        other = f" with another {differs}" if differs else ""
        super().__init__(
            f"The time slot already has a meeting{other}. Change that meeting, or reserve another time slot.",
            meetingId=str(meeting_id),
            differs=differs,
        )


class MeetingMismatch(Conflict):
    """The meeting does not fit its time slot. `field` is the contract's name of the field that does not fit."""

    reason = Reason.MEETING_MISMATCH

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"The meeting does not fit its time slot: {why}.", field=field)


class MeetingChanged(Conflict):
    """The meeting has another version than the client expects. The fact `etag` is the current ETag."""

    reason = Reason.MEETING_CHANGED

    def __init__(self, sequence: int) -> None:
        super().__init__(
            "The meeting was changed in the meantime. Read it again, and send its ETag as If-Match.",
            etag=f'"{sequence}"',
        )


class MeetingOver(Conflict):
    reason = Reason.MEETING_OVER

    def __init__(self, meeting_id: UUID) -> None:
        super().__init__(
            "The meeting has begun. It cannot be moved or cancelled, and its people and its room cannot be changed.",
            meetingId=str(meeting_id),
        )


class NotChangeable(Conflict):
    """The field of the meeting can never be changed.

    `field` is the contract's name of the field. `instead` is a sentence about what the client can do.
    """

    reason = Reason.NOT_CHANGEABLE

    def __init__(self, field: str, instead: str = "Cancel the meeting, and book another one.") -> None:
        super().__init__(f"{field} of a meeting cannot be changed. {instead}", field=field)
