"""The relay looks for its work in one statement, and does what it finds in the same pass."""

from activities.events import RelayActivities
from domain.messages.webhooks import EventsRelayed
from tests.integration.activities.notifications.outbox import Outbox
from tests.integration.storage.transactions import statements


async def hand_over(_: str) -> None: ...


async def test_without_work_it_runs_one_statement(outbox: Outbox) -> None:
    relay = RelayActivities(outbox.database, hand_over)
    await relay.relay()
    with statements(outbox.database) as seen:
        assert await relay.relay() == EventsRelayed()
    assert len(seen) == 1


async def test_it_hands_over_in_the_pass_that_publishes(outbox: Outbox) -> None:
    await outbox.write("booking.reserved", "booking.booked")
    relay = RelayActivities(outbox.database, hand_over)
    assert await relay.relay() == EventsRelayed(published=2, handed_over=2)
    assert await relay.relay() == EventsRelayed()
