"""Schema of the error answer."""

from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.errors import Reason


def code_of(status: int) -> str:
    """Return the contract's `code` of the status. Python 3.11 has the former name of 413."""
    return "CONTENT_TOO_LARGE" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus(status).name


def problem_members(kind: str, status: int, message: str, path: str, request_id: str) -> dict[str, object]:
    """Return the members that every error answer has. `kind` is its `type`."""
    return {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "instance": path,
        "code": code_of(status),
        "message": message,
        "requestId": request_id or None,
    }


class FieldError(BaseModel):
    """One error in the request."""

    pointer: str = Field(description="JSON Pointer (RFC 6901) to the field. An empty string means the whole.")
    place: str = Field(alias="in", description="The part of the request: `body`, `query`, `path` or `header`.")
    message: str = Field(description="The correction of the field that is needed, as a sentence.")


class FreeTimeSlot(BaseModel):
    """A free time slot that can be reserved instead."""

    start_date: str = Field(alias="startDate", description="Start of the time slot.")
    end_date: str = Field(alias="endDate", description="End of the time slot.")
    employee_id: str = Field(alias="employeeId", description="The employee who is free at that time.")


class Problem(BaseModel):
    """An error: `application/problem+json` (RFC 9457) with the contract's `code` and `message`.

    Programs decide by `code` and `reason`.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")

    type: str = Field(description="The address of a page that explains the problem. Open it with a browser.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="The problem and what to do, for people.")
    instance: str = Field(description="The path of the request.")
    code: str = Field(description="The kind of problem, for programs.")
    message: str = Field(description="The same as `detail`.")
    reason: Reason | None = Field(None, description="Why a request was refused, for programs.")
    errors: list[FieldError] | None = Field(None, description="400, 404: the wrong fields, at most 100.")
    kind: str | None = Field(
        None, description="NOT_FOUND, NOT_YOURS, IN_USE, ALREADY_EXISTS: the kind of the resource."
    )
    id: str | None = Field(
        None, description="NOT_FOUND: the id that does not exist. IN_USE: the id of the resource that is in use."
    )
    blocked_by: str | None = Field(
        None, description="TIME_SLOT_TAKEN: the part that is not free, `employee` or `room`."
    )
    room_id: str | None = Field(None, description="TIME_SLOT_TAKEN, NOT_OFFERED: the room that is not available.")
    employee_id: str | None = Field(
        None, description="TIME_SLOT_TAKEN, NOT_OFFERED: the additional employee who cannot take part."
    )
    held_until: str | None = Field(None, description="TIME_SLOT_TAKEN: the deadline of the other hold.")
    next_time_slots: list[FreeTimeSlot] | None = Field(None, description="TIME_SLOT_TAKEN: the next free time slots.")
    rule: str | None = Field(None, description="NOT_OFFERED: the rule that refuses the time slot.")
    expired_at: str | None = Field(None, description="HOLD_EXPIRED: when the hold expired.")
    hold_expires_at: str | None = Field(None, description="HOLD_ALREADY_EXTENDED: the deadline of the hold.")
    how: str | None = Field(None, description="HOLD_RELEASED: how the hold ended.")
    why: str | None = Field(None, description="GONE: how the resource of the request ended.")
    time_slot_id: str | None = Field(None, description="TIME_SLOT_ALREADY_BOOKED: the time slot of this token.")
    meeting_id: str | None = Field(None, description="MEETING_EXISTS, MEETING_OVER, HOLD_RELEASED: the meeting.")
    differs: str | None = Field(None, description="MEETING_EXISTS: the first field that differs.")
    field: str | None = Field(None, description="MEETING_MISMATCH, NOT_CHANGEABLE: the field.")
    limit: int | None = Field(None, description="TOO_MANY_…: the maximum number.")
    used_by: str | None = Field(None, description="IN_USE: the kind of the resource that uses it.")
    etag: str | None = Field(None, description="MEETING_CHANGED: the `ETag` that the meeting has now.")
    time_slot_status: str | None = Field(None, description="TIME_SLOT_NOT_BOOKED: the status of the time slot.")
    closing_day: str | None = Field(None, description="NOT_OFFERED, CLOSED: the local date of the closing day.")
    opens: str | None = Field(None, description="NOT_OFFERED, OUTSIDE_OPENING_HOURS: the local opening time.")
    closes: str | None = Field(None, description="NOT_OFFERED, OUTSIDE_OPENING_HOURS: the local closing time.")
    earliest_start: str | None = Field(None, description="NOT_OFFERED, TOO_SOON: the first start after the notice.")
    date: str | None = Field(None, description="NOT_OFFERED, DAILY_CAP_REACHED: the local date.")
    cap_minutes: float | None = Field(None, description="NOT_OFFERED, DAILY_CAP_REACHED: the daily cap, in minutes.")
    used_minutes: float | None = Field(
        None, description="NOT_OFFERED, DAILY_CAP_REACHED: the meeting time that day, in minutes."
    )
    wanted_minutes: float | None = Field(
        None, description="NOT_OFFERED, DAILY_CAP_REACHED: the part of the wanted time slot that day, in minutes."
    )
    buffer_minutes: float | None = Field(
        None, description="NOT_OFFERED, WITHIN_BUFFER: the buffer between meetings, in minutes."
    )
    request_id: str | None = Field(None, description="Id of the request. Name it when you report a problem.")
