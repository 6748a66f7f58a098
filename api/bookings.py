"""The booking journey as the API serves it: look at the database first, ask the booking's workflow, look again.

The database answers what is settled already (a repeat, a visible conflict), so that neither costs a workflow; only
the workflow changes a booking. An outcome that was stored for an earlier request is never believed unseen.
"""

from typing import Final
from uuid import uuid4

from api.crowd import Crowd
from api.engine import Engine, NoAnswer, StoredRefusal
from api.errors import Unavailable
from api.gate import Gate
from api.workflow_requests import Answer, Subject, Told, Unsettled, WorkflowRequest
from domain.errors import BookMeError
from storage.database import Database
from storage.idempotency import NOT_KEPT

MOST_TRIES: Final = 4
"""How often a request asks anew when what it met was not an answer to it."""


class Bookings:
    """Answers what clients ask of bookings. Each request may be repeated, and is answered the same while it is true."""

    def __init__(self, engine: Engine, database: Database) -> None:
        self._engine = engine
        self._database = database
        self._gate = Gate()
        self._crowd = Crowd[BookMeError | None]()

    async def answer(self, request: WorkflowRequest[Answer, Told, Subject]) -> Answer:
        """What the database knows already, else what the workflow answers to this very request.

        A repeat reaches the same attempt while it is under way. An outcome that an earlier request left behind is
        passed over, and the next try is a new attempt; unless the request is final: then a stored refusal stands.

        Raises:
            BookMeError: it cannot be had.
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
        """Look and ask, one at a time of those who want the same time. The others wait for it, and look again.

        Raises:
            NoAnswer: look again, and ask anew.

        """
        while (over := self._gate.in_the_way(request.claim)) is not None:
            await over.wait()
            found = await self._look_again(request)
            if not isinstance(found, Unsettled):
                return found
        with self._gate.enter(request.claim):
            return await self._ask_unless_settled(request, attempt)

    async def _ask_unless_settled(self, request: WorkflowRequest[Answer, Told, Subject], attempt: str) -> Answer:
        found = await self._look(request)
        if not isinstance(found, Unsettled):
            await request.ensure_run(self._engine, found)
            return found
        asked = uuid4().hex
        told = await request.ask(self._engine, found.subject, attempt, asked)
        return request.answer(told) if told.asked == asked else await self._recall(request, told)

    async def _look(self, request: WorkflowRequest[Answer, Told, Subject]) -> Answer | Unsettled[Subject]:
        """What the database says."""
        async with self._database.snapshot() if request.needs_one_moment else self._database.autocommit() as session:
            return await request.look(session)

    async def _look_again(self, request: WorkflowRequest[Answer, Told, Subject]) -> Answer | Unsettled[Subject]:
        """The same for one who has waited, by fewer statements. First what refuses all, then whether this one has it:
        in the other order, one could be refused for what a repeat of this very request was given in between. Each look
        sees one moment: else a repeat could miss its hold, and then be in its own way.
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
