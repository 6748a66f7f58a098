"""Delivery status of the invitations to a meeting."""

from fastapi import APIRouter

from api.auth.scopes import Staff
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.routers.paths import MeetingId
from api.schemas.base.ids import parse_id
from api.schemas.invitations import Invitation
from domain.errors import Reason
from storage.configuration.lookups import get
from storage.notifications.invitations import list_invitations
from storage.tables.booking import MeetingRow

router = APIRouter(prefix="/bookme/meetings", tags=["BookMe"], route_class=JsonRoute)


@router.get("/{id}/invitations", operation_id="Invitations_list", responses=errors(Reason.NOT_FOUND))
async def list_invitations_to(_: Staff, session: Transaction, id: MeetingId) -> list[Invitation]:
    """List the invitation mails of a meeting with their status, oldest first. For staff.

    The mails of a cancelled meeting are listed too.
    """
    meeting = await get(session, MeetingRow, parse_id("meeting", id))
    return [Invitation.stored(row) for row in await list_invitations(session, meeting.id)]
