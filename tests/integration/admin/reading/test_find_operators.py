"""The actions of operators are part of the story. An employee is found by every name that operators see."""

import re
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from admin.documents import Outcome, Story
from admin.story.find import Finder, NothingFound
from admin.story.question import Question
from config.errors import StackError
from storage.database import Database
from storage.operator_actions import Action, ActionOutcome, SubjectKind, append_action, customer_subject
from tests.integration.admin.reading.support import Booking, do, made, reserved, story_of
from tests.integration.api.support import FREJA, ok
from tests.support.clients import ApiClient, Json


async def noted(database: Database, subject: str, outcome: ActionOutcome = ActionOutcome.DONE) -> None:
    async with database.transaction() as session:
        await append_action(session, Action("anna", "release", subject, "wrong day"), outcome)


def said(story: Story) -> list[str]:
    return [each.text for each in story.entries if each.source == "operator"]


async def test_actions_are_in_the_order_of_time(client: ApiClient, finder: Finder, database: Database) -> None:
    held = await reserved(client)
    subject = SubjectKind.TIME_SLOT.named(held["id"])
    await noted(database, subject, ActionOutcome.REQUESTED)
    ok(await client.book(held["id"]))
    await noted(database, subject, ActionOutcome.UNKNOWN)
    await noted(database, SubjectKind.TIME_SLOT.named(UUID(int=0)))
    entries = [each for each in (await story_of(finder)).entries if each.source in {"event", "operator"}]
    assert [each.kind for each in entries] == [
        "booking.reserved", "operator.release", "booking.booked", "operator.release",
    ]  # fmt: skip
    assert [each.text for each in entries if each.source == "operator"] == [
        'Operator anna: release requested ("wrong day")',
        'Operator anna: release outcome not known ("wrong day")',
    ]


async def test_actions_on_the_meeting_and_on_the_run(
    client: ApiClient, finder: Finder, database: Database, booking: Booking
) -> None:
    meeting = await made(client)
    for subject in (SubjectKind.MEETING.named(meeting["id"]), SubjectKind.RUN.named(booking.workflow_id)):
        await noted(database, subject)
    assert said(await story_of(finder)) == ['Operator anna: release done ("wrong day")'] * 2


async def test_a_customer_of_whom_nothing_is_left(client: ApiClient, finder: Finder, database: Database) -> None:
    """An action on a customer is in the stories of the customer, and is all that is known after the erasure."""
    customer = str(uuid4())
    await noted(database, customer_subject(customer))
    story = await story_of(finder, Question(customer_id=customer))
    assert story.outcome is Outcome.ERASED
    assert re.match(
        r"Erased: the personal data of this customer was erased at [\d-]+ [\d:]+Z by anna \(\"wrong day\"\)\. The ",
        story.conclusion,
    )
    assert said(story) == ['Operator anna: release done ("wrong day")']
    await made(client, customerId=customer)
    assert said(await story_of(finder)) == said(story)
    await noted(database, customer_subject(refused := str(uuid4())), ActionOutcome.REFUSED)
    with pytest.raises(NothingFound):
        await finder.find(Question(customer_id=refused), 5)


class TestAnEmployee:
    @pytest.fixture
    async def slot(self, configurable: Database, client: ApiClient) -> Json:
        """A hold of Freja Lindqvist, whose column of initials and staff number are no initials of her name."""
        held = await reserved(client)
        await do(
            configurable,
            "UPDATE employee SET initials = 'XQZ', external_id = 'S-4711', email = 'f@example.com' WHERE id = :id",
            id=FREJA,
        )
        return held

    @pytest.mark.parametrize(
        "name",
        [FREJA, FREJA.upper(), "Freja Lindqvist", "freja lindqvist", "Lindq", "xqz", "S-4711", "f@example.com", "fl"],
    )
    async def test_is_found_by_each_of_its_names(self, finder: Finder, slot: Json, name: str) -> None:
        asked = Question(employee=name, at=datetime.fromisoformat(slot["startDate"]))
        assert [str(each) for each in (await story_of(finder, asked)).time_slot_ids] == [slot["id"]]

    async def test_several_that_fit_are_listed_with_their_ids(
        self, finder: Finder, slot: Json, configurable: Database
    ) -> None:
        await do(configurable, "UPDATE employee SET display_name = 'Fritz Lang' WHERE display_name = 'Ingrid Kjeldsen'")
        asked = Question(employee="FL", at=datetime.fromisoformat(slot["startDate"]))
        with pytest.raises(StackError) as several:
            await finder.find(asked, 5)
        message = str(several.value)
        assert message.startswith(f"Several employees fit 'FL': Freja Lindqvist ({FREJA}), Fritz Lang (")
        assert message.endswith("Use the id.")
        assert (await story_of(finder, replace(asked, employee=FREJA))).time_slot_ids == [UUID(slot["id"])]


async def test_a_search_that_finds_too_much_says_so(
    client: ApiClient, finder: Finder, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reserved(client, "one", 1)
    asked = Question(client_id=booking.client_id)
    assert not (await finder.find(asked, 5)).is_cut
    monkeypatch.setattr("admin.story.find.MOST_FOUND", 1)
    assert (await finder.find(asked, 5)).is_cut
