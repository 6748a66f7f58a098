"""Mails about one meeting, version after version, sent in parallel with the other work of its run."""

from collections import deque
from collections.abc import Callable
from uuid import UUID

from temporalio import workflow

from domain.messages.meeting import MeetingSnapshot, SendInvitations
from workflows.meeting import steps
from workflows.meeting.messages import StartMeeting


class Invitations:
    """Sends the mails of each version, first those that the previous run has left unsent.

    `report` is called for each mail that cannot be delivered. `settled` is called when the mails of the last version
    have reached everybody.
    """

    def __init__(self, start: StartMeeting, report: Callable[[str], None], settled: Callable[[], None]) -> None:
        self._start = start
        self._invited = start.invited
        self._report = report
        self._settled = settled
        self._outbox = deque(start.unsent)

    def queue(self, meeting: MeetingSnapshot, former: frozenset[UUID] = frozenset()) -> None:
        """Queue the mails of this version, unless they were queued before or invitations are switched off.

        `former` are the employees whom this version has removed.
        """
        if meeting.invites and meeting.sequence > self._invited:
            self._invited = meeting.sequence
            left = tuple(sorted(former))
            self._outbox.append(SendInvitations(meeting_id=meeting.id, sequence=meeting.sequence, former=left))

    async def send_as_they_come(self) -> None:
        while True:
            await workflow.wait_condition(lambda: bool(self._outbox))
            sent = await steps.send_invitations(self._outbox[0])
            self._outbox.popleft()
            for failure in sent.failures:
                self._report(f"an invitation could not be delivered: {failure}")
            if self.are_all_sent and not sent.failures:
                self._settled()

    @property
    def are_all_sent(self) -> bool:
        return not self._outbox

    async def all_sent(self) -> None:
        await workflow.wait_condition(lambda: not self._outbox)

    def hand_on(self) -> StartMeeting:
        """Return the input of the next run. If both runs send the same mail, the mail still goes out only once."""
        return self._start.model_copy(update={"invited": self._invited, "unsent": tuple(self._outbox)})
