"""The holds that exist now, with the time that is left and the links of their runs."""

from admin.connections import Connections
from admin.documents import Hold, Holds, RunLink
from admin.ui_links import run_url
from domain.messages.booking import BookingKey
from storage.operators.holds import StoredHold, list_stored_holds
from storage.operators.stories import read_time_zone
from workflows.common.runs import BOOKING_WORKFLOW, workflow_id


async def list_holds(opened: Connections, ui_url: str, *, client_id: str | None, is_overdue: bool, limit: int) -> Holds:
    """Return at most `limit` holds of the client, or of every client, by deadline.

    Raises:
        StorageUnavailable: the database cannot be reached.

    """
    async with opened.database.transaction() as session:
        found = await list_stored_holds(session, client_id, limit + 1, is_overdue=is_overdue)
        zone = await read_time_zone(session)
    shown = [_hold(each, ui_url, opened.client.namespace) for each in found[:limit]]
    return Holds(time_zone=zone, holds=shown, is_cut=len(found) > limit)


def _hold(stored: StoredHold, ui_url: str, namespace: str) -> Hold:
    slot = stored.slot
    assert slot.hold_expires_at is not None, "it is a hold"  # noqa: S101 - for the type checker
    name = workflow_id(BookingKey(client_id=str(slot.client_id), token=str(slot.reservation_token)))
    return Hold(
        time_slot_id=slot.id,
        client_id=str(slot.client_id),
        token=str(slot.reservation_token),
        status=slot.status,
        employee=stored.employee,
        customer_id=slot.customer_id,
        start=slot.start_at,
        end=slot.end_at,
        held_since=slot.created_at,
        held_until=slot.hold_expires_at,
        seconds_left=round((slot.hold_expires_at - stored.now).total_seconds()),
        run=RunLink(workflow_id=name, workflow_type=BOOKING_WORKFLOW, url=run_url(ui_url, namespace, name)),
    )
