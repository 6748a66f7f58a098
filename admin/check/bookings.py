"""Checks of bookings: holds and the runs that end them, and attendee slots."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from admin.check.common import PAGE, SETTLE, Checking, Mismatch, Repair, found
from admin.story.question import booking_of
from admin.words import duration, utc
from api.resources.ownership import run_of
from domain.messages.booking import BookingKey
from storage.bookings.lapsed_holds import GRACE, remove_lapsed_holds
from storage.operator_actions import SubjectKind
from storage.operators.mismatches import find_slots, held_bookings, page_of_holds, slots_out_of_step
from storage.tables.booking import TimeSlotRow
from workflows.booking.messages import BookingStatus
from workflows.common.runs import BOOKING_WORKFLOW, LOOK_AGAIN, workflow_id

WAITING: Final = (BookingStatus.RESERVED, BookingStatus.BOOKED)
OVERDUE_FOR: Final = GRACE * 3
"""Time after which an overdue hold that still has its row shows that nothing removes it."""


async def holds(check: Checking) -> AsyncIterator[Mismatch]:
    """Find holds that no run ends, and overdue holds that nothing has removed."""
    after: tuple[str, str] | None = None
    while True:
        async with check.opened.database.transaction() as session:
            page = await page_of_holds(session, after, PAGE)
        check.count("holds", len(page))
        overdue = [(slot, now) for slot, now in page if _deadline(slot) < now - OVERDUE_FOR]
        for slot, now in overdue:
            late = duration(now - _deadline(slot))
            text = f"the hold of time slot {slot.id} ended {late} ago, and its row is still there"
            advice = "RelayWorkflow removes such holds: see whether it runs. --repair removes this hold."
            repair = Repair(SubjectKind.TIME_SLOT.named(slot.id), partial(_sweep, check))
            yield found("hold-overdue", slot.id, text, advice, _url(check, slot), repair)
        live = {_name(slot): slot for slot, now in page if _deadline(slot) >= now - OVERDUE_FOR}
        async for each in _without_run(check, live):
            yield each
        if len(page) < PAGE:
            return
        after = (str(page[-1][0].client_id), str(page[-1][0].reservation_token))


async def _without_run(check: Checking, live: dict[str, TimeSlotRow]) -> AsyncIterator[Mismatch]:
    suspects = await check.without_run(live)
    if not suspects:
        return
    await asyncio.sleep(SETTLE)
    suspects = await check.without_run(suspects)
    # After the runs: a hold that is still there has had no run since the first look.
    async with check.opened.database.transaction() as session:
        still = await find_slots(session, [live[each].id for each in suspects])
    for name in sorted(suspects):
        slot = live[name]
        if slot.id in still:
            text = f"the time slot {slot.id} is {slot.status} until {utc(_deadline(slot))}, and has no run"
            advice = (
                "The client's next request starts a run. The hold ends in time anyway. --repair starts the run now."
            )
            repair = Repair(SubjectKind.TIME_SLOT.named(slot.id), partial(_adopt, check, slot))
            yield found("hold-without-run", slot.id, text, advice, _url(check, slot), repair)


async def waiting_runs(check: Checking) -> AsyncIterator[Mismatch]:
    """Find runs that wait for a hold which the database does not have."""
    statuses = ", ".join(f"'{each}'" for each in WAITING)
    condition = f"WorkflowType = '{BOOKING_WORKFLOW}' AND BookingStatus IN ({statuses})"
    async for page in check.running_ids(condition):
        check.count("booking runs", len(page))
        suspects = await _without_hold(check, page)
        if suspects:
            await asyncio.sleep(SETTLE)
            suspects = [each for each in await _without_hold(check, suspects) if await check.is_running(each)]
        for name in suspects:
            text = f"the run {name} waits for a client, and the database has no hold of this booking"
            advice = "The run ends at its deadline. --repair signals the run to look at the database now."
            repair = Repair(SubjectKind.RUN.named(name), partial(_look_again, check, name))
            yield found("run-without-hold", name, text, advice, check.url(name), repair)


async def _without_hold(check: Checking, names: list[str]) -> list[str]:
    keys = {name: booking for name in names if (booking := booking_of(name)) is not None}
    async with check.opened.database.transaction() as session:
        held = await held_bookings(session, [(each.client_id, each.token) for each in keys.values()])
    return [name for name, each in keys.items() if (each.client_id, each.token) not in held]


async def attendee_slots(check: Checking) -> AsyncIterator[Mismatch]:
    """Find time slots whose attendee slots do not fit them."""
    after: UUID | None = None
    while True:
        async with check.opened.database.transaction() as session:
            wrong = await slots_out_of_step(session, after, PAGE)
        check.count("attendee slots out of step", len(wrong))
        for slot in wrong:
            text = f"the attendee slots of time slot {slot.id} do not fit its additional employees, times or status"
            advice = "Set the meeting's additional employees again (PATCH /bookme/meetings/{id}), or release the hold."
            yield found("attendee-slots", slot.id, text, advice, _url(check, slot))
        if len(wrong) < PAGE:
            return
        after = wrong[-1].id


async def _adopt(check: Checking, slot: TimeSlotRow) -> str:
    """Start a run that takes the booking over from the database."""
    run = run_of(slot)
    queue = check.settings.task_queue
    await check.client.start_workflow(run.workflow, run.start, task_queue=queue, **run.options)
    return "started a run that takes the booking over"


async def _sweep(check: Checking) -> str:
    """Remove a page of overdue holds, as `RelayWorkflow` does."""
    async with check.opened.database.transaction() as session:
        removed = await remove_lapsed_holds(session)
    return f"removed {removed} overdue holds" if removed else "removed with the others before"


async def _look_again(check: Checking, name: str) -> str:
    await check.client.get_workflow_handle(name).signal(LOOK_AGAIN)
    return "signalled the run to look at the database"


def _deadline(slot: TimeSlotRow) -> datetime:
    assert slot.hold_expires_at is not None, "it is a hold"  # noqa: S101 - for the type checker
    return slot.hold_expires_at


def _name(slot: TimeSlotRow) -> str:
    return workflow_id(BookingKey(client_id=str(slot.client_id), token=str(slot.reservation_token)))


def _url(check: Checking, slot: TimeSlotRow) -> str | None:
    return check.url(_name(slot)) if slot.reservation_token else None
