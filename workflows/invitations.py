"""The mails of one meeting, version after version, beside everything else that happens to it."""

from collections import deque
from collections.abc import Callable
from uuid import UUID

from temporalio import workflow

from activities.meeting_messages import MeetingKept, SendInvitations
from workflows import meeting_steps as steps
from workflows.meeting_messages import StartMeeting


class Invitations:
    """Mails each version, first what the run before has left unsent.

    What cannot be delivered is told to `report`. `settled` is called when the last version has reached everybody.
    """

    def __init__(self, start: StartMeeting, report: Callable[[str], None], settled: Callable[[], None]) -> None:
        self._start = start
        self._invited = start.invited
        self._report = report
        self._settled = settled
        self._outbox = deque(start.unsent)

    def tell(self, meeting: MeetingKept, former: frozenset[UUID] = frozenset()) -> None:
        """Mail how the meeting is now, unless that is told already or nothing is to be mailed."""
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
        """For the next run. A mail that is on its way may be sent by both: it is sent once."""
        return self._start.model_copy(update={"invited": self._invited, "unsent": tuple(self._outbox)})
