"""Endpoints of time slots: search, reserve, book, give back; and of the busy times that staff enter."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Query, Response

from api.auth.scopes import Booker, Reader, Staff
from api.dependencies import IdempotencyKey, Reading, Shared, Transaction
from api.http.pagination import BY_TIME, link, page_of
from api.http.patching import Patch
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends
from api.resources import busy_times
from api.resources.compact_search import compact_search, count_days
from api.resources.made import named, time_slot_now
from api.resources.ownership import check_own_meetings, find_own_live
from api.resources.search import search
from api.routers.paths import TimeSlotId
from api.schemas.availability.compact import CompactAvailability, DayCounts
from api.schemas.availability.search import AvailableQuery, AvailableTimeslot, SearchQuery
from api.schemas.base.examples import MONDAY
from api.schemas.base.ids import parse_id
from api.schemas.busy_times import CreateTimeSlotRequest, TimeSlotsQuery
from api.schemas.time_slots import HeldQuery, HeldTimeSlot, Reservation, TimeSlot, check_length
from domain.errors import Reason
from domain.messages.booking import BookingKey
from storage.bookings import time_slots
from storage.bookings.time_slots import TimedSlot

router = APIRouter(prefix="/bookme/time-slots", tags=["BookMe"], route_class=JsonRoute)

OWNED = (Reason.NOT_FOUND, Reason.NOT_YOURS)
ENDED = (Reason.HOLD_EXPIRED, Reason.HOLD_RELEASED)
RESERVING = (
    *OWNED,
    Reason.TIME_SLOT_TAKEN,
    Reason.NOT_OFFERED,
    Reason.TIME_SLOT_ALREADY_BOOKED,
    *ENDED,
    Reason.IDEMPOTENCY_KEY_REUSED,
    Reason.TOO_MANY_HOLDS,
    Reason.TOO_MANY_END_USER_HOLDS,
    Reason.TOO_MANY_RENEWALS,
    Reason.TOO_MANY_CHANGES,
)
ENTERING = (Reason.NOT_FOUND, Reason.TIME_SLOT_TAKEN, Reason.IDEMPOTENCY_KEY_REUSED)
CHANGING = (*OWNED, *ENDED, Reason.TOKEN_MISMATCH, Reason.TIME_SLOT_TAKEN, Reason.IN_USE)
EXTENDING = (
    *OWNED,
    *ENDED,
    Reason.MEETING_EXISTS,
    Reason.HOLD_ALREADY_EXTENDED,
    Reason.HOLD_NOT_EXTENDABLE,
    Reason.TOO_MANY_RENEWALS,
    Reason.IDEMPOTENCY_KEY_REUSED,
)
GIVING_BACK = (*OWNED, Reason.MEETING_EXISTS, Reason.HOLD_RELEASED, Reason.IN_USE)

TimeSlotPatch = Annotated[
    Patch,
    Body(
        openapi_examples={
            "a booking's": {"value": [{"op": "replace", "path": "/status", "value": "Booked"}]},
            "a busy time": {"value": [{"op": "replace", "path": "/endDate", "value": f"{MONDAY}T11:00:00Z"}]},
        }
    ),
]

EndUser = Annotated[
    str | None,
    Header(
        alias="BookMe-End-User",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="The client's own name for the end user of the reservation, such as an account id. BookMe "
        "limits how many holds one end user has at once, and how often one end user holds the same time. BookMe "
        "stores only a keyed digest of the name.",
    ),
]


@router.get("", operation_id="TimeSlots_listStored", responses=errors(Reason.NOT_FOUND) | sends("Link"))
async def list_time_slots(
    _: Staff, session: Transaction, response: Response, query: Annotated[TimeSlotsQuery, Query()]
) -> list[TimeSlot]:
    """List the stored time slots of all clients by start: bookings and busy times, without expired ones.

    The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
    """
    return await busy_times.page(session, query, response, "/bookme/time-slots")


@router.post("", operation_id="TimeSlots_create", responses=errors(*ENTERING))
async def create_time_slot(principal: Staff, time_slot: CreateTimeSlotRequest, key: IdempotencyKey) -> TimeSlot:
    """Enter a time at which an employee is busy, extra open or elsewhere. The next search uses this time.

    A blocking time that overlaps a booking is refused, unless `ignoreTimeSlotConflicts` is true. Preparation, follow-up
    and travel (`PreProcessing`, `PostProcessing`, `TravelTime`) are refused even then.
    """
    return await key.once(principal, lambda session: busy_times.create(session, time_slot), busy_times.show)


@router.get(
    "/available",
    operation_id="TimeSlots_list",
    response_model=list[AvailableTimeslot],
    responses=errors(*OWNED) | sends("Link"),
)
async def list_available_time_slots(
    principal: Reader,
    shared: Shared,
    session: Reading,
    query: Annotated[AvailableQuery, Query()],
) -> Response:
    """List the time slots that can be reserved now, by start, meeting type and employee. They may overlap.

    One answer has at most 10,000 time slots.
    The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
    """
    await check_own_meetings(session, principal, query.ignore_meeting_ids)
    shortest = shared.settings.least_reservation
    found = await search(session, shared.availability, query, by_staff=principal.is_staff, shortest=shortest)
    headers = link("/bookme/time-slots/available", query, found.cursor) if found.cursor else None
    return Response(found.body, media_type="application/json", headers=headers)


@router.get(
    "/available/compact",
    operation_id="TimeSlots_listCompact",
    response_model=CompactAvailability,
    responses=errors(*OWNED),
)
async def list_compact_availability(
    principal: Reader, shared: Shared, session: Reading, query: Annotated[SearchQuery, Query()]
) -> Response:
    """List the same time slots as ranges of starts: by day, meeting types and employee. The answer has no pages."""
    await check_own_meetings(session, principal, query.ignore_meeting_ids)
    shortest = shared.settings.least_reservation
    body = await compact_search(session, shared.availability, query, by_staff=principal.is_staff, shortest=shortest)
    return Response(body, media_type="application/json")


@router.get("/available/days", operation_id="TimeSlots_countDays", responses=errors(*OWNED))
async def count_available_days(
    principal: Reader, shared: Shared, session: Reading, query: Annotated[SearchQuery, Query()]
) -> DayCounts:
    """Count the start times of each day at which a meeting is offered, for a view of a month.

    `getBestTimeSlots` makes no difference here.
    """
    await check_own_meetings(session, principal, query.ignore_meeting_ids)
    shortest = shared.settings.least_reservation
    return await count_days(session, shared.availability, query, by_staff=principal.is_staff, shortest=shortest)


@router.post("/reserve", operation_id="TimeSlots_reserve", responses=errors(*RESERVING))
async def reserve_time_slot(
    principal: Booker, shared: Shared, reservation: Reservation, key: IdempotencyKey, end_user: EndUser = None
) -> TimeSlot:
    """Hold a time slot until `holdExpiresAt`. Until then, nobody else can reserve the time slot.

    A repeat with the same token and time slot returns the same hold. A reservation of another time slot with this token
    replaces the hold.
    """
    booking = BookingKey(client_id=principal.client_id, token=reservation.token)
    wanted = reservation.wanted(by_staff=principal.is_staff)
    check_length(wanted.start, wanted.end, shared.settings.least_reservation, "timeSlot/endDate")
    caller = None if end_user is None else await shared.end_users.digest(principal, end_user)
    return await key.once_elsewhere(
        principal,
        lambda: shared.bookings.reserve(booking, wanted, key.digest(principal), caller, reservation.customer_id),
        named,
        lambda session, made: time_slot_now(session, principal, made),
    )


@router.get("/held", operation_id="TimeSlots_listHeld", responses=errors() | sends("Link"))
async def list_held_time_slots(
    principal: Reader, session: Reading, response: Response, query: Annotated[HeldQuery, Query()]
) -> list[HeldTimeSlot]:
    """List the time slots that the client holds now, the oldest first. Staff get the holds of all clients.

    These are the `Reserved` ones and the `Booked` ones without a meeting, until their deadline.
    The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
    """
    wanted = query.columns | ({} if principal.is_staff else {"client_id": principal.client_id})
    found = await time_slots.list_live_holds(session, wanted, query.after, query.limit + 1)
    shown = page_of(found, query, place_of_hold, response, "/bookme/time-slots/held")
    return [HeldTimeSlot.held(seen) for seen in shown]


@router.get("/{id}", operation_id="TimeSlots_get", responses=errors(*OWNED))
async def get_time_slot(principal: Reader, session: Reading, id: TimeSlotId) -> TimeSlot:
    """Get one time slot of this client that has not expired. Staff can get the time slots of all clients."""
    return TimeSlot.stored(await find_own_live(session, principal, parse_id("time slot", id)))


@router.patch("/{id}", operation_id="TimeSlots_patch", responses=errors(*CHANGING))
async def change_time_slot(
    principal: Booker,
    shared: Shared,
    id: TimeSlotId,
    patch: TimeSlotPatch,
    reservation_token: Annotated[
        str | None,
        Query(
            alias="reservationToken",
            max_length=128,
            description="Token of the reservation. If it is given, it must match.",
        ),
    ] = None,
) -> TimeSlot:
    """Mark a reserved time slot `Booked`: `replace` `/status` with `Booked`.

    This is the only patch for a booking's time slot. The time slot is then held for its meeting until `holdExpiresAt`.
    A repeat of the request is safe.

    Clients with the additional scope `bookme.staff` can change a busy time by JSON Patch (RFC 6902) of its `startDate`,
    `endDate`, `status`, `roomId` and `serviceGroup`. BookMe applies all operations or none. A change is refused if the
    busy time would overlap a booking that it did not overlap before.
    """
    identity, refused = parse_id("time slot", id), busy_times.why_not_booked(patch)
    if refused is None:
        return await shared.bookings.book(principal, identity, reservation_token)
    async with shared.database.transaction() as session:
        changed = await busy_times.change(session, principal, identity, patch, reservation_token)
    if changed is None:
        raise refused
    return changed


@router.post("/{id}/extend", operation_id="TimeSlots_extend", responses=errors(*EXTENDING))
async def extend_hold(principal: Booker, shared: Shared, id: TimeSlotId, key: IdempotencyKey) -> TimeSlot:
    """Extend the hold of a time slot once, `Reserved` or `Booked`. `holdExpiresAt` is the new deadline.

    The new deadline is later than the former one by the lifetime of holds with this status, unless the operator has set
    another duration. The repeat of a request without an `Idempotency-Key` is answered 409 `HOLD_ALREADY_EXTENDED`, with
    the deadline as `holdExpiresAt`.
    """
    identity = parse_id("time slot", id)
    return await key.once_elsewhere(
        principal,
        lambda: shared.bookings.extend(principal, identity, key.digest(principal)),
        named,
        lambda session, made: time_slot_now(session, principal, made),
    )


@router.delete("/{id}", operation_id="TimeSlots_delete", status_code=204, responses=errors(*GIVING_BACK))
async def give_back_time_slot(principal: Booker, shared: Shared, id: TimeSlotId) -> None:
    """Release a time slot before its meeting is created. The time slot is free at once. A repeat is safe.

    Clients with the additional scope `bookme.staff` can remove a busy time in the same way.
    """
    identity = parse_id("time slot", id)
    async with shared.database.transaction() as session:
        removed = await busy_times.remove(session, principal, identity)
    if not removed:
        await shared.bookings.release(principal, identity)


def place_of_hold(seen: TimedSlot) -> str:
    """Return the cursor of a page of holds that ends with this one."""
    return BY_TIME.write((seen.slot.created_at, seen.slot.id))
