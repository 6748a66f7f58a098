"""One short meeting for each ending, and for each way there that old runs may be on."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.errors import TimeSlotTaken
from domain.messages.booking import BookingKey
from domain.messages.meeting import InvitationsSent, SendInvitations
from tests.integration.activities.booking_fixture import until
from tests.workflows.support.booking_caller import told
from tests.workflows.support.fake_meeting import CARL
from tests.workflows.support.fake_steps import Hangs, always, answers, fails, loses_its_answer, refuses
from tests.workflows.support.meeting_caller import Owner
from workflows.meeting.workflow import MeetingWorkflow


async def over(owner: Owner) -> None:
    await owner.open()


async def over_though_it_could_not_be_read(owner: Owner) -> None:
    owner.fake.script("read_meeting", [fails] * 4)
    await owner.open()


async def over_when_its_clock_was_moved(owner: Owner) -> None:
    """In a sandbox."""
    await owner.open()
    owner.fake.meeting = owner.fake.meeting.model_copy(update={"clock_ahead": timedelta(days=1000)})
    await owner.run.signal(MeetingWorkflow.clock_moved)


async def changed_moved_and_over(owner: Owner) -> None:
    await owner.open()
    await owner.change(CARL)
    owner.fake.script("move_meeting", [refuses(TimeSlotTaken())])
    soon = datetime.now(UTC) + timedelta(seconds=2)
    await told(owner.move(soon))
    await owner.move(soon, employee_id=CARL)


async def moved_to_a_reserved_time_slot(owner: Owner) -> None:
    """Its booking, which is to be told, has ended."""
    owner.fake.moved_by = BookingKey(client_id="bank", token="ended")
    await owner.change()
    await owner.cancel()


async def cancelled(owner: Owner) -> None:
    await owner.cancel()


async def cancelled_by_an_operator(owner: Owner) -> None:
    await owner.open()
    await owner.change()
    await owner.run.cancel()


async def cancelled_while_it_is_mailed(owner: Owner) -> None:
    sending = Hangs()
    owner.fake.script("send_invitations", [sending])
    await owner.open()
    await sending.has_started.wait()
    await owner.change()
    await owner.run.cancel()
    sending.go_on.set()


async def withdrawn(owner: Owner) -> None:
    owner.fake.is_withdrawn = True
    await owner.open()


async def changed_though_the_answer_was_lost(owner: Owner) -> None:
    owner.fake.script("change_meeting", [loses_its_answer, fails])
    await told(owner.change())
    await owner.cancel()


async def undeliverable(owner: Owner) -> None:
    owner.fake.script("send_invitations", [answers(InvitationsSent(failures=("employee 2: 550",)))])
    await owner.open()


async def mailed_for_too_long(owner: Owner) -> None:
    """The mail server was down for so long that the mails are given up."""
    owner.fake.script("send_invitations", always(fails))
    await owner.open()


async def undeliverable_and_cancelled(owner: Owner) -> None:
    """The first mail is refused for good, and so is the one that cancels."""
    refused = answers(InvitationsSent(failures=("employee 2: 550",)))
    owner.fake.script("send_invitations", [refused, refused])
    await owner.open()
    await until(owner.needs_operator)
    await owner.cancel()


async def undeliverable_and_sent_again_for_an_operator(owner: Owner) -> None:
    owner.fake.script("send_invitations", [answers(InvitationsSent(failures=("employee 2: 550",)))])
    await owner.open()
    await until(owner.needs_operator)
    await owner.run.execute_update(MeetingWorkflow.acknowledge)
    mails = SendInvitations(meeting_id=owner.fake.meeting.id, sequence=owner.fake.meeting.sequence)
    await owner.run.signal(MeetingWorkflow.send_again, mails)
    await owner.cancel()


async def gone_on_as_a_new_run(owner: Owner) -> None:
    """The history is that of the first run."""
    owner.most_requests = 2
    owner.fake.invites = False
    await owner.change()
    first = (await owner.run.describe()).run_id
    await owner.change(title="Newer")
    await owner.cancel()
    owner.run_id = first


SCENARIOS: Final[dict[str, Callable[[Owner], Awaitable[None]]]] = {
    scenario.__name__: scenario
    for scenario in (
        over,
        over_though_it_could_not_be_read,
        over_when_its_clock_was_moved,
        changed_moved_and_over,
        moved_to_a_reserved_time_slot,
        cancelled,
        cancelled_by_an_operator,
        cancelled_while_it_is_mailed,
        withdrawn,
        changed_though_the_answer_was_lost,
        undeliverable,
        mailed_for_too_long,
        undeliverable_and_cancelled,
        undeliverable_and_sent_again_for_an_operator,
        gone_on_as_a_new_run,
    )
}
