"""What became of the invitations to a meeting."""

from fastapi import APIRouter

from api.auth import Staff
from api.refusals import errors
from api.route import JsonRoute
from api.routers.paths import MeetingId
from api.schemas.ids import parse_id
from api.schemas.invitations import Invitation
from api.state import Transaction
from domain.errors import Reason
from storage.booking_tables import MeetingRow
from storage.configuration import get
from storage.invitations import list_invitations

router = APIRouter(prefix="/bookme/meetings", tags=["BookMe"], route_class=JsonRoute)


@router.get("/{id}/invitations", operation_id="Invitations_list", responses=errors(Reason.NOT_FOUND))
async def list_invitations_to(_: Staff, session: Transaction, id: MeetingId) -> list[Invitation]:
    """Who was told what by mail, first to last, of a cancelled meeting too. For staff."""
    meeting = await get(session, MeetingRow, parse_id("meeting", id))
    return [Invitation.stored(row) for row in await list_invitations(session, meeting.id)]
