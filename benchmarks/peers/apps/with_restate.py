"""Bookings with Restate: a virtual object for each, whose handlers the client calls through the Restate server.

The server calls one handler of an object at a time, stores each result, and calls a handler again until it ends. A
hold expires by a delayed call. The meeting's receiver is told by a service of its own.
"""

import asyncio
from datetime import timedelta
from typing import Final

import hypercorn.asyncio
import hypercorn.config
import restate

from benchmarks.peers.apps.database import Steps, port, tell_receiver, ttl
from config.ports import LOOPBACK

ENDLESS: Final = 2_147_483_647
booking = restate.VirtualObject("Booking")
receiver = restate.Service("Receiver")
connected: list[Steps] = []


@booking.handler()
async def reserve(ctx: restate.ObjectContext, wanted: dict[str, int]) -> dict[str, str]:
    async def run() -> str | None:
        deadline = await connected[0].reserve(ctx.key(), wanted["resource"], wanted["hour"])
        return deadline.isoformat() if deadline else None

    return until(ctx, "held", await ctx.run_typed("reserve", run))


@booking.handler()
async def book(ctx: restate.ObjectContext) -> dict[str, str]:
    async def run() -> str | None:
        deadline = await connected[0].book(ctx.key())
        return deadline.isoformat() if deadline else None

    return until(ctx, "booked", await ctx.run_typed("book", run))


@booking.handler()
async def meet(ctx: restate.ObjectContext) -> dict[str, str]:
    async def run() -> str | None:
        meeting = await connected[0].meet(ctx.key())
        return str(meeting) if meeting else None

    meeting = await ctx.run_typed("meet", run)
    if meeting is None:
        raise restate.TerminalError("expired", status_code=409)
    ctx.service_send(tell, meeting)
    return {"id": meeting}


@booking.handler()
async def expire(ctx: restate.ObjectContext, was: str) -> None:
    await ctx.run_typed("release", connected[0].release, hold=ctx.key(), was=was)


def until(ctx: restate.ObjectContext, status: str, deadline: str | None) -> dict[str, str]:
    """Answer with the deadline, and call `expire` when it comes. Raises `TerminalError` if there is none."""
    if deadline is None:
        raise restate.TerminalError("taken or expired", status_code=409)
    ctx.object_send(expire, ctx.key(), status, send_delay=timedelta(seconds=ttl()))
    return {"id": ctx.key(), "deadline": deadline}


@receiver.handler()
async def tell(ctx: restate.Context, meeting: str) -> None:
    await ctx.run_typed("tell", asyncio.to_thread, restate.RunOptions(), tell_receiver, meeting)


async def main() -> None:
    connected.append(await Steps.connected(has_timers=True))
    config = hypercorn.config.Config()
    config.bind = [f"{LOOPBACK}:{port()}"]
    # As Restate's documentation sets them for production.
    config.h2_max_concurrent_streams = config.keep_alive_max_requests = config.keep_alive_timeout = ENDLESS
    await hypercorn.asyncio.serve(restate.app([booking, receiver]), config)


if __name__ == "__main__":
    asyncio.run(main())
