"""Time slots: search, reserve, book, give back."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.messages import BookingName
from api.auth import Booker, Reader
from api.booking_requests import Book, Release, Reserve
from api.ownership import find_own_live
from api.refusals import errors
from api.route import JsonRoute
from api.routers.paths import TimeSlotId, parse_id
from api.schemas.time_slots import AvailableQuery, AvailableTimeSlot, MarkBookedPatch, Reservation, TimeSlot
from api.search import search
from api.search_pages import link
from api.state import BookingService, IdempotencyKey, Transaction
from domain.errors import Reason

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
    Reason.TOO_MANY_CHANGES,
)


@router.get("/available", operation_id="TimeSlots_list", responses=errors(Reason.NOT_FOUND))
async def list_available_time_slots(
    principal: Reader, session: Transaction, response: Response, query: Annotated[AvailableQuery, Query()]
) -> list[AvailableTimeSlot]:
    """Time slots that can be reserved now, by start, meeting type and employee. They overlap: they are options.

    At most 10,000 are answered at once; the header `Link: <…>; rel="next"` (RFC 8288) leads to the next page.
    """
    found = await search(session, query, by_staff=principal.is_staff)
    if found.cursor:
        said = query.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"cursor"})
        response.headers.update(link("/bookme/time-slots/available", said, found.cursor))
    return found.time_slots


@router.post("/reserve", operation_id="TimeSlots_reserve", responses=errors(*RESERVING))
async def reserve_time_slot(
    principal: Booker, bookings: BookingService, reservation: Reservation, key: IdempotencyKey
) -> TimeSlot:
    """Hold a time slot until `holdExpiresAt`. Nobody else can have it meanwhile.

    The same token and time slot again answers the same hold; another time slot under the same token replaces it.
    """
    booking = BookingName(client_id=principal.client_id, token=reservation.token)
    wanted = reservation.wanted(by_staff=principal.is_staff)
    return await bookings.answer(Reserve(booking, wanted, await key.claim(principal)))


@router.get("/{id}", operation_id="TimeSlots_get", responses=errors(*OWNED))
async def get_time_slot(principal: Reader, session: Transaction, id: TimeSlotId) -> TimeSlot:
    """One time slot of this client, while it is kept; staff see every one."""
    return TimeSlot.stored(await find_own_live(session, principal, parse_id("time slot", id)))


@router.patch("/{id}", operation_id="TimeSlots_patch", responses=errors(*OWNED, *ENDED, Reason.TOKEN_MISMATCH))
async def mark_booked(
    principal: Booker,
    bookings: BookingService,
    id: TimeSlotId,
    _: MarkBookedPatch,
    reservation_token: Annotated[
        str | None, Query(alias="reservationToken", max_length=128, description="Must match if it is given.")
    ] = None,
) -> TimeSlot:
    """Mark a reserved time slot Booked. It is kept until `holdExpiresAt` for its meeting. Repeating it is safe."""
    return await bookings.answer(Book(principal, parse_id("time slot", id), reservation_token))


@router.delete(
    "/{id}",
    operation_id="TimeSlots_delete",
    status_code=204,
    responses=errors(*OWNED, Reason.MEETING_EXISTS, Reason.HOLD_RELEASED),
)
async def give_back_time_slot(principal: Booker, bookings: BookingService, id: TimeSlotId) -> None:
    """Give a time slot back before its meeting is created. It is free at once. Repeating it is safe."""
    await bookings.answer(Release(principal, parse_id("time slot", id)))
