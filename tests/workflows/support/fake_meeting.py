"""One meeting in memory, and the steps of its life. Each try does what is scripted for it, and is remembered."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from temporalio import activity

from activities.signatures import InvitationSteps, MeetingSteps
from domain.meeting_errors import MeetingChanged
from domain.meetings import BookedBy, MeetingType, reminder_times
from domain.messages.booking import BookingKey, MeetingContent
from domain.messages.meeting import (
    CancelMeetingStep,
    ChangeMeetingStep,
    InvitationsSent,
    MeetingFound,
    MeetingSnapshot,
    MoveMeetingStep,
    ReadMeeting,
    Reminder,
    RemindOf,
    SendInvitations,
)
from tests.workflows.support.fake_steps import Scripted

ZONE: Final = ZoneInfo("Europe/Copenhagen")
ANN, BEN, CARL = UUID(int=1), UUID(int=2), UUID(int=3)
DURATION: Final = TypeAdapter(timedelta)
CONTENT: Final = MeetingContent(
    booked_by=BookedBy.CUSTOMER,
    customer_type_id=UUID(int=4),
    topic_id=UUID(int=5),
    type=MeetingType.ONLINE,
    employee_id=ANN,
    customer_id="customer",
    additional_employees=(BEN,),
)


class FakeMeeting(Scripted, MeetingSteps, InvitationSteps):
    """`given` has each reminder, and when it was given; `mailed` each version that was mailed, and who had left.

    `known_as` has what each try to change the meeting is known by.
    """

    def __init__(self, clock: Callable[[], Awaitable[datetime]], start: datetime, befores: Sequence[timedelta]) -> None:
        super().__init__()
        self.clock = clock
        self.befores = befores
        self.is_withdrawn = False
        self.invites = True
        self.moved_by: BookingKey | None = None
        self.given: list[tuple[str, datetime]] = []
        self.mailed: list[tuple[int, tuple[UUID, ...]]] = []
        self.undeliverable: list[int] = []
        self.known_as: list[UUID] = []
        long_ago = start - timedelta(days=400)
        self.meeting = MeetingSnapshot(
            id=uuid4(),
            sequence=0,
            client_id="bank",
            time_slot_id=uuid4(),
            start=start,
            end=start + timedelta(hours=1),
            content=CONTENT,
            date_created=long_ago,
            date_modified=long_ago,
        )

    @activity.defn
    async def read_meeting(self, step: ReadMeeting) -> MeetingFound:
        return await self._try("read_meeting", partial(self._read, step))

    @activity.defn
    async def change_meeting(self, step: ChangeMeetingStep) -> MeetingSnapshot:
        self.known_as.append(step.step_id)
        return await self._try("change_meeting", partial(self._change, step))

    @activity.defn
    async def move_meeting(self, step: MoveMeetingStep) -> MeetingSnapshot:
        return await self._try("move_meeting", partial(self._move, step))

    @activity.defn
    async def cancel_meeting(self, step: CancelMeetingStep) -> MeetingSnapshot:
        return await self._try("cancel_meeting", partial(self._cancel, step))

    @activity.defn
    async def remind_of(self, step: RemindOf) -> None:
        await self._try("remind_of", partial(self._remind, step))

    @activity.defn
    async def send_invitations(self, step: SendInvitations) -> InvitationsSent:
        return await self._try("send_invitations", partial(self._send, step))

    @activity.defn
    async def give_up_invitations(self, step: SendInvitations) -> InvitationsSent:
        return await self._try("give_up_invitations", partial(self._give_up, step))

    async def _read(self, step: ReadMeeting) -> MeetingFound:
        is_it = step.meeting_id == self.meeting.id and not self.is_withdrawn
        return MeetingFound(meeting=self._shown() if is_it else None)

    async def _change(self, step: ChangeMeetingStep) -> MeetingSnapshot:
        texts = {"title": step.terms.title, "additional_employees": step.terms.additional_employees}
        content = self.meeting.content.model_copy(update=texts)
        if step.sequence + 1 == self.meeting.sequence and content == self.meeting.content:
            return self._shown()
        kept = self._next(step.sequence, content=content, time_slot_id=step.terms.time_slot_id)
        return kept.model_copy(update={"moved_by": self.moved_by})

    async def _move(self, step: MoveMeetingStep) -> MeetingSnapshot:
        content = self.meeting.content.model_copy(update={"employee_id": step.wanted.employee_id})
        self.given = []
        there = {"start": step.wanted.start, "end": step.wanted.end, "time_slot_id": step.time_slot_id}
        return self._next(step.sequence, content=content, **there)

    async def _cancel(self, step: CancelMeetingStep) -> MeetingSnapshot:
        if self.meeting.cancelled_at is not None:
            return self._shown()
        return self._next(step.sequence, cancelled_at=await self.clock(), time_slot_id=None)

    async def _remind(self, step: RemindOf) -> None:
        self.given.append((step.before, await self.clock()))

    async def _send(self, step: SendInvitations) -> InvitationsSent:
        self.mailed.append((step.sequence, step.former))
        return InvitationsSent(sent=2)

    async def _give_up(self, step: SendInvitations) -> InvitationsSent:
        self.undeliverable.append(step.sequence)
        return InvitationsSent(failures=("employee 1: it was tried for days",))

    def _next(self, sequence: int | None, **changes: object) -> MeetingSnapshot:
        if sequence not in (None, self.meeting.sequence):
            raise MeetingChanged(self.meeting.sequence)
        changes["sequence"] = self.meeting.sequence + 1
        self.meeting = self.meeting.model_copy(update=changes)
        return self._shown()

    def _shown(self) -> MeetingSnapshot:
        """With the reminders that are still to be given."""
        named = (
            Reminder(at=at, before=DURATION.dump_python(before, mode="json"))
            for at, before in reminder_times(self.meeting.start, self.befores, ZONE)
        )
        given = {before for before, _ in self.given}
        to_be_given = tuple(each for each in named if each.before not in given)
        return self.meeting.model_copy(update={"reminders": to_be_given, "invites": self.invites})
