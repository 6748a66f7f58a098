"""Answers requests about bookings: read the database first, then send an update to the booking's workflow.

The database answers repeats and visible conflicts, so that these cost no workflow. Only the workflow changes a booking.
An outcome that was stored for an earlier request is checked against the database again before it becomes the answer.
The one exception is a stored refusal of a final request.
"""

from typing import Final
from uuid import uuid4

from api.http.errors import Unavailable
from api.temporal.gateway import NoAnswer, StoredRefusal, TemporalGateway
from api.temporal.interval_gate import IntervalGate
from api.temporal.single_flight import SingleFlight
from api.temporal.workflow_requests import Answer, NeedsWorkflow, Subject, Told, WorkflowRequest
from domain.errors import BookMeError
from storage.bookings.idempotency import NOT_KEPT
from storage.database import Database

MOST_TRIES: Final = 4
"""Limit of attempts of one request. A new attempt follows an outcome that does not answer this request."""


class Bookings:
    """Service for requests about bookings. A repeated request gets the same answer as long as the answer is true."""

    def __init__(self, engine: TemporalGateway, database: Database) -> None:
        self._engine = engine
        self._database = database
        self._gate = IntervalGate()
        self._crowd = SingleFlight[BookMeError | None]()

    async def answer(self, request: WorkflowRequest[Answer, Told, Subject]) -> Answer:
        """Return the answer of the database, or else the workflow's answer to this request.

        A repeat reaches the same attempt while the attempt is under way. If an earlier request left an outcome that
        does not answer this request, the next try is a new attempt. A final request accepts a stored refusal as its
        answer, except for the reasons in `NOT_KEPT`.

        Raises:
            BookMeError: the request is refused.
            Unavailable: the outcome is not known yet.

        """
        attempt = request.attempt
        for _ in range(MOST_TRIES):
            try:
                return await self._try(request, attempt)
            except StoredRefusal as stored:
                if request.is_final and stored.refusal.reason not in NOT_KEPT:
                    raise stored.refusal from stored
            except NoAnswer:
                pass
            attempt = f"{request.attempt}:{uuid4().hex}"
        raise Unavailable("The booking is changing right now.")

    async def _try(self, request: WorkflowRequest[Answer, Told, Subject], attempt: str) -> Answer:
        """Look and ask, for one request at a time among those that want the same time.

        The other requests wait until that request is done, and look again.

        Raises:
            NoAnswer: this attempt has no answer; look again, and ask with a new attempt.

        """
        while (over := self._gate.in_the_way(request.claim)) is not None:
            await over.wait()
            found = await self._look_again(request)
            if not isinstance(found, NeedsWorkflow):
                return found
        with self._gate.enter(request.claim):
            return await self._ask_unless_settled(request, attempt)

    async def _ask_unless_settled(self, request: WorkflowRequest[Answer, Told, Subject], attempt: str) -> Answer:
        found = await self._look(request)
        if not isinstance(found, NeedsWorkflow):
            await request.ensure_run(self._engine, found)
            return found
        asked = uuid4().hex
        told = await request.ask(self._engine, found.subject, attempt, asked)
        return request.answer(told) if told.asked == asked else await self._recall(request, told)

    async def _look(self, request: WorkflowRequest[Answer, Told, Subject]) -> Answer | NeedsWorkflow[Subject]:
        """Return the answer of the database, or the run to ask."""
        async with self._database.snapshot() if request.needs_one_moment else self._database.autocommit() as session:
            return await request.look(session)

    async def _look_again(self, request: WorkflowRequest[Answer, Told, Subject]) -> Answer | NeedsWorkflow[Subject]:
        """Look again after a wait, with fewer statements than `_look`.

        First find the refusal that all waiters share, then read whether this request has its time slot. In the other
        order, a repeat of this request could get the time slot between the two reads. This request would then be
        refused because of its own time slot. Each read uses one snapshot: otherwise a repeat could miss its own hold,
        and then conflict with that hold.
        """
        refused = await self._crowd.answer(request.wish, lambda: self._find_refusal(request))
        async with self._database.snapshot() as session:
            return await request.look_again(session, refused)

    async def _find_refusal(self, request: WorkflowRequest[Answer, Told, Subject]) -> BookMeError | None:
        async with self._database.snapshot() as session:
            return await request.find_refusal(session)

    async def _recall(self, request: WorkflowRequest[Answer, Told, Subject], told: Told) -> Answer:
        async with self._database.transaction() as session:
            answer = await request.recall(session, told)
        if answer is None:
            raise NoAnswer("what was stored is not true any more")
        return answer
