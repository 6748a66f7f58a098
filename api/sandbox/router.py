"""Endpoints of a sandbox: move its clock, reset it, simulate faults. See docs/sandbox.md."""

from typing import Final

from fastapi import APIRouter

from api.auth.principals import InsufficientScope, Scope
from api.auth.scopes import Booker, Reader
from api.dependencies import Shared, Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.sandbox.clock import SandboxControl
from api.sandbox.schemas import MoveClock, ResetSandbox, SandboxClock, SandboxReset, SimulatedFault
from storage.sandbox.faults import set_fault

TAG: Final = {"name": "Sandbox", "description": "Only in a sandbox: its clock, its reset, simulated faults."}

router = APIRouter(prefix="/sandbox", tags=["Sandbox"], route_class=JsonRoute)


@router.get("/clock", operation_id="Sandbox_getClock", responses=errors())
async def get_clock(_: Reader, shared: Shared) -> SandboxClock:
    """Get the clock of the sandbox. All its clients have the same clock."""
    return await SandboxControl(shared).read()


@router.post("/clock", operation_id="Sandbox_moveClock", responses=errors())
async def move_clock(_: Booker, shared: Shared, move: MoveClock) -> SandboxClock:
    """Move the clock forward. Everything that is due until then happens, in its order and at its time.

    Holds expire, reminders come, webhooks and mails are retried, and meetings are over. The answer comes when all of
    it is done. If three seconds pass in which nothing is done, the clock goes on without waiting, and `waitingFor` says
    what is left.
    """
    return await SandboxControl(shared).move(move)


@router.delete("/clock", operation_id="Sandbox_restoreClock", responses=errors())
async def restore_clock(_: Booker, shared: Shared) -> SandboxClock:
    """Set the clock back to real time. This deletes the bookings, meetings and events of all clients.

    They are dated by the clock, so they would be in the future.
    """
    return await SandboxControl(shared).restore()


@router.post("/reset", operation_id="Sandbox_reset", responses=errors())
async def reset(principal: Booker, shared: Shared, whose: ResetSandbox) -> SandboxReset:
    """Delete the client's bookings, meetings and events. The clock, the configuration and webhooks stay.

    Only staff can delete those of every client.
    """
    if whose.every_client and not principal.is_staff:
        raise InsufficientScope((Scope.BOOK, Scope.STAFF))
    return await SandboxControl(shared).reset(None if whose.every_client else principal.client_id)


@router.post("/faults", operation_id="Sandbox_simulateFault", responses=errors())
async def simulate_fault(principal: Booker, session: Transaction, fault: SimulatedFault) -> SimulatedFault:
    """Let the next request of this client fail. A later request for a fault replaces an earlier one."""
    await set_fault(session, principal.client_id, fault.next)
    return fault
