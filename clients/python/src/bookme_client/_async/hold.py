"""A hold: a time slot that is kept for the client until its deadline."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final
from uuid import UUID

from typing_extensions import Self

from bookme_client import models, operations
from bookme_client._async.http import Answer, AsyncHttp
from bookme_client._async.meeting import AsyncMeeting
from bookme_client._clock import deadline_of, time_until
from bookme_client._slots import Plan
from bookme_client.errors import BookMeError

RELEASE_SECONDS: Final = 10.0
BOOKED: Final = [models.PatchOperation(op=models.PatchOp.REPLACE, path="/status", value="Booked")]


class AsyncHold:
    """A time slot that nobody else can reserve until `time_left` is over.

    As a context manager, it releases the time slot at the end of the block unless it is confirmed.
    """

    def __init__(self, http: AsyncHttp, token: str, plan: Plan, answer: Answer[models.TimeSlot]) -> None:
        self.token = token
        self.is_released = False
        self.meeting: AsyncMeeting | None = None
        self._http = http
        self._plan = plan
        self._take(answer)

    def _take(self, answer: Answer[models.TimeSlot]) -> None:
        self.time_slot = answer.value
        self._deadline = deadline_of(answer.value, answer.at)

    @property
    def id(self) -> UUID:
        return self.time_slot.id

    @property
    def start(self) -> datetime:
        return self.time_slot.start_date

    @property
    def end(self) -> datetime:
        return self.time_slot.end_date

    @property
    def expires_at(self) -> datetime | None:
        """The deadline by BookMe's clock. To count down, use `time_left`, which does not need the local clock."""
        return self.time_slot.hold_expires_at

    @property
    def time_left(self) -> timedelta:
        """Time until the hold expires, and zero after that. It may be a little too short, by the time of a request."""
        return time_until(self._deadline)

    @property
    def is_confirmed(self) -> bool:
        return self.time_slot.status == models.TimeSlotStatus.BOOKED

    async def confirm(self) -> Self:
        """Mark the time slot `Booked`. It is then held longer, for its meeting: `time_left` says how long.

        Raises:
            HoldExpired: the deadline has passed.
            HoldReleased: the hold has ended otherwise.

        """
        operation = operations.time_slots_patch(self.id, BOOKED, reservation_token=self.token)
        self._take(await self._http.call(operation))
        return self

    async def extend(self) -> Self:
        """Hold the time slot longer, once: `time_left` says how long.

        Raises:
            HoldAlreadyExtended: the hold was extended before.
            HoldNotExtendable: the operator has switched extensions off, or the hold has no deadline to extend.

        """
        self._take(await self._http.call(operations.time_slots_extend(self.id)))
        return self

    async def create_meeting(
        self,
        *,
        title: str | None = None,
        description: str | None = None,
        customer_id: str | None = None,
        customer_type_id: UUID | str | None = None,
        topic_id: UUID | str | None = None,
        type: models.MeetingType | str | None = None,
        booked_by: models.BookedBy | str = models.BookedBy.CUSTOMER,
        room_id: UUID | str | None = None,
        additional_employees: Sequence[UUID | str] | None = None,
        salesforce_id: str | None = None,
    ) -> AsyncMeeting:
        """Create the meeting of the hold, and confirm the hold first if that was not done.

        `customer_id`, `customer_type_id`, `topic_id` and `type` are those of `BookMe.hold` unless you name others.

        Raises:
            TypeError: one of these four is missing.
            NotOffered: a rule refuses such a meeting at this time.
            HoldExpired: the deadline has passed.

        """
        meeting = Plan(customer_id, customer_type_id, topic_id, type).or_else(self._plan).required()
        slot = {"time_slot_id": self.id, "employee_id": self.time_slot.employee_id, "booked_by": booked_by}
        optional = {
            "title": title,
            "description": description,
            "room_id": room_id or self.time_slot.room_id,
            "additional_employees": additional_employees,
            "salesforce_id": salesforce_id,
        }
        given = {name: value for name, value in optional.items() if value is not None}
        body = models.CreateMeetingRequest.model_validate({**meeting, **slot, **given})
        if not self.is_confirmed:
            await self.confirm()
        answer = await self._http.call(operations.meetings_create(body))
        self._deadline = 0.0
        self.meeting = AsyncMeeting(self._http, answer.value)
        return self.meeting

    async def refresh(self) -> Self:
        """Read the time slot again.

        Raises:
            NotFound: the hold has ended.

        """
        self._take(await self._http.call(operations.time_slots_get(self.id)))
        return self

    def as_json(self) -> dict[str, Any]:
        """Return what `BookMe.resume_hold` needs to continue in another process, for example a website's session."""
        return {"token": self.token, "timeSlotId": str(self.id), "plan": self._plan.as_json()}

    async def release(self) -> None:
        """Give the time slot back. Others can reserve it at once. Of a hold that has ended, this changes nothing."""
        await self._release(None)

    async def _release(self, seconds: float | None) -> None:
        await self._http.call(operations.time_slots_delete(self.id), seconds=seconds)
        self.is_released = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_confirmed or self.is_released:
            return
        # A hold that cannot be released now expires by itself. The error of the block matters more.
        with suppress(BookMeError):
            await self._release(RELEASE_SECONDS)

    def __repr__(self) -> str:
        return f"<Hold {self.id} {self.start:%Y-%m-%d %H:%M}, {self.time_slot.status}, {self.time_left} left>"
