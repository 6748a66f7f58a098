"""Workflow ids: one for each booking, and each can be opened in the Temporal UI."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admin.story.question import booking_of
from domain.messages.booking import BookingKey
from workflows.common.runs import MAX_ID_LENGTH, delivery_workflow_id, escaped, unescaped, workflow_id

ALPHABET = re.compile(r"[A-Za-z0-9._~-]+")
AWKWARD = st.text(st.sampled_from("a-~%:/ .2D_é漢\u0001"), max_size=12)
PARTS = AWKWARD | st.text(max_size=400)
BOOKINGS = st.builds(BookingKey, client_id=PARTS, token=PARTS)


@given(BOOKINGS)
@example(BookingKey(client_id="c" * 200, token="漢" * 128))
@example(BookingKey(client_id="漢" * 400, token="漢" * 400))
def test_an_id_has_plain_characters_only_and_is_not_too_long(booking: BookingKey) -> None:
    made = workflow_id(booking)
    assert ALPHABET.fullmatch(made)
    assert len(made.encode()) <= MAX_ID_LENGTH


@given(BOOKINGS, BOOKINGS)
@example(BookingKey(client_id="a-b", token="c"), BookingKey(client_id="a", token="b-c"))
@example(BookingKey(client_id="a~", token="~b"), BookingKey(client_id="a", token="~~~b"))
@example(BookingKey(client_id="~2D", token=""), BookingKey(client_id="-", token=""))
@example(BookingKey(client_id="漢" * 400, token="a"), BookingKey(client_id="漢" * 400, token="b"))
def test_two_bookings_never_share_an_id(one: BookingKey, other: BookingKey) -> None:
    assert (workflow_id(one) == workflow_id(other)) is (one == other)


@given(PARTS)
def test_an_escape_can_be_read_back(text: str) -> None:
    assert unescaped(escaped(text)) == text


@given(BOOKINGS)
def test_an_id_can_be_read_back_unless_it_is_a_digest(booking: BookingKey) -> None:
    made = workflow_id(booking)
    assert booking_of(made) == (None if "-~-" in made[:12] else booking)


@pytest.mark.parametrize("other", ["relay-events", "meeting-3d86d6cf-713c-5c73-ab68-af7e04eb4bee", "booking-a"])
def test_other_ids_name_no_booking(other: str) -> None:
    assert booking_of(other) is None


@pytest.mark.parametrize(
    ("client_id", "token", "expected"),
    [
        ("demo", "demo-1", "booking-demo~~demo-1"),
        ("3f2c-11", "order:7/a b", "booking-3f2c-11~~order~3A7~2Fa~20b"),
        ("demo", "~", "booking-demo~~~7E"),
    ],
)
def test_an_id_shows_its_booking(client_id: str, token: str, expected: str) -> None:
    assert workflow_id(BookingKey(client_id=client_id, token=token)) == expected


@given(PARTS, PARTS)
@example("漢" * 400, "漢" * 401)
def test_each_client_has_an_id_for_its_deliveries(one: str, other: str) -> None:
    made = delivery_workflow_id(one)
    assert ALPHABET.fullmatch(made)
    assert len(made.encode()) <= MAX_ID_LENGTH
    assert (made == delivery_workflow_id(other)) is (one == other)
