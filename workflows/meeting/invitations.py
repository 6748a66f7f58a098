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

    `on_failure` is called for each mail that cannot be delivered. `on_all_delivered` is called when all mails of the
    last version were delivered.
    """

    def __init__(
        self, start: StartMeeting, on_failure: Callable[[str], None], on_all_delivered: Callable[[], None]
    ) -> None:
        self._start = start
        self._invited = start.invited
        self._on_failure = on_failure
        self._on_all_delivered = on_all_delivered
        self._outbox = deque(start.unsent)

    def queue(self, meeting: MeetingSnapshot, former: frozenset[UUID] = frozenset()) -> None:
        """Queue the mails of this version, unless they were queued before or invitations are switched off.

        `former` are the employees whom this version has removed.
        """
        if meeting.invites and meeting.sequence > self._invited:
            self._invited = meeting.sequence
            former_employees = tuple(sorted(former))
            self._outbox.append(
                SendInvitations(meeting_id=meeting.id, sequence=meeting.sequence, former=former_employees)
            )

    def queue_again(self, mails: SendInvitations) -> None:
        """Queue the mails of a version whose failed mails an operator has made pending again."""
        self._outbox.append(mails)

    async def send_all(self) -> None:
        while True:
            await workflow.wait_condition(lambda: bool(self._outbox))
            sent = await steps.send_invitations(self._outbox[0])
            self._outbox.popleft()
            for failure in sent.failures:
                self._on_failure(f"an invitation could not be delivered: {failure}")
            if self.are_all_sent and not sent.failures:
                self._on_all_delivered()

    @property
    def are_all_sent(self) -> bool:
        return not self._outbox

    async def wait_until_sent(self) -> None:
        await workflow.wait_condition(lambda: not self._outbox)

    def next_input(self) -> StartMeeting:
        """Return the input of the next run. If both runs send the same mail, the mail still goes out only once."""
        return self._start.model_copy(update={"invited": self._invited, "unsent": tuple(self._outbox)})
