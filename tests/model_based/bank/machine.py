"""Customers, workers and the clock do what they like with a bank's day; after each step everything is compared."""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, ClassVar, Final
from uuid import UUID

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import BaseModel

from domain.messages.booking import BookingKey, ReleaseCause, ReleaseTimeSlot, WithdrawMeeting
from tests.model_based.bank.asking import BOOKINGS, NEW_TERMS, WISHES, Asking, NewTerms, Wish, pick
from tests.model_based.bank.bank_day import EVERYBODY, HALF, HOUR, MOST_HOLDS, STARTS, BankDay, Came
from tests.model_based.bank.ledger import Ledger, Meeting, Slot
from tests.model_based.bank.meeting_promises import promise
from tests.model_based.bank.stored_day import compare

GONE: Final = {"HOLD_EXPIRED", "HOLD_RELEASED", "NOT_FOUND", "MEETING_CHANGED", "MEETING_EXISTS"}
"""What somebody may be told who repeats a step that was acknowledged: what it did was undone or changed since."""

UNDO: Final = (WithdrawMeeting, ReleaseTimeSlot)
"""Steps that may find something to do only when they are repeated."""

WHICH: Final = st.integers(0, 7)
OFF: Final = st.sampled_from([0, 0, 0, 0, 0, -1, 1])
"""By how many versions somebody is mistaken."""

LATE: Final = st.sampled_from([False, False, False, False, True])
"""Whether whoever takes the step falls asleep before it begins."""

MINUTES: Final = st.sampled_from([2.3, 4.1, 9.7])
"""No sum of these is so near to a deadline that it matters how long an example takes."""

FIRST: Final = BookingKey(client_id="bank", token="first")

Check = Callable[["Machine"], bool]


def there_are(what: str) -> Check:
    return lambda machine: bool(getattr(machine, what))


class Machine(RuleBasedStateMachine):
    """`ledger` is what was promised so far, `done` what was acknowledged, `late` what others still have in hand."""

    day: ClassVar[BankDay]

    def __init__(self) -> None:
        super().__init__()
        self.day.begin()
        self.ledger = Ledger(EVERYBODY, MOST_HOLDS)
        self.asking = Asking(self.day.opens)
        self.done: list[tuple[BaseModel, Came]] = []
        self.late: list[BaseModel] = []
        self.withdrawals: list[WithdrawMeeting] = []

    @property
    def slots(self) -> list[Slot]:
        return list(self.ledger.slots.values())

    @property
    def holds(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.left is not None]

    @property
    def booked(self) -> list[Slot]:
        return [slot for slot in self.holds if slot.status == "Booked"]

    @property
    def for_moves(self) -> list[Slot]:
        """Those that a meeting can take, else those that it might."""
        reserved = [slot for slot in self.holds if slot.moves is not None]
        return [slot for slot in reserved if slot.status == "Booked"] or reserved

    @property
    def meetings(self) -> list[Meeting]:
        return list(self.ledger.meetings.values())

    @property
    def told(self) -> list[UUID]:
        return list(self.ledger.told)

    @invariant()
    def everything_is_as_promised(self) -> None:
        self.day.do(compare(self.day, self.ledger))

    @initialize(wishes=st.lists(WISHES, max_size=3), new=NEW_TERMS)
    def some_meetings(self, wishes: list[Wish], new: NewTerms) -> None:
        for wish in wishes:
            self.reserve(FIRST, wish, late=False)
            if self.holds:
                self.book_and_create_meeting(0, new)

    @rule(booking=BOOKINGS, wish=WISHES, late=LATE)
    def reserve(self, booking: BookingKey, wish: Wish, late: bool) -> None:
        self._ask(self.asking.reserve(booking, wish), late=late)

    @precondition(there_are("meetings"))
    @rule(booking=BOOKINGS, wish=WISHES, which=WHICH, late=LATE)
    def reserve_to_move(self, booking: BookingKey, wish: Wish, which: int, late: bool) -> None:
        self._ask(self.asking.reserve(booking, wish, pick(which, self.meetings).id), late=late)

    @precondition(there_are("holds"))
    @rule(which=WHICH, off=OFF, late=LATE)
    def book(self, which: int, off: int, late: bool) -> None:
        self._ask(self.asking.book(pick(which, self.holds), off), late=late)

    @precondition(there_are("holds"))
    @rule(which=WHICH, new=NEW_TERMS, off=OFF, late=LATE)
    def create_meeting(self, which: int, new: NewTerms, off: int, late: bool) -> None:
        step = self.asking.create(pick(which, self.booked or self.holds), new, off)
        self.withdrawals.append(WithdrawMeeting(meeting_id=step.meeting_id, time_slot_id=step.time_slot_id))
        self._ask(step, late=late)

    @precondition(there_are("holds"))
    @rule(which=WHICH, new=NEW_TERMS)
    def book_and_create_meeting(self, which: int, new: NewTerms) -> None:
        self.book(which, 0, late=False)
        self.create_meeting(which, new, 0, late=False)

    @precondition(there_are("withdrawals"))
    @rule(which=WHICH)
    def withdraw(self, which: int) -> None:
        """A booking is undone before its token stands for another one."""
        step = pick(which, self.withdrawals)
        slot = self.ledger.slots.get(step.time_slot_id)
        if slot is None or self.ledger.hold_of(slot.client, slot.token) in (None, slot):
            self._take(step)

    @precondition(there_are("told"))
    @rule(which=WHICH, cause=st.sampled_from(ReleaseCause), late=LATE)
    def release(self, which: int, cause: ReleaseCause, late: bool) -> None:
        self._ask(ReleaseTimeSlot(time_slot_id=pick(which, self.told), cause=cause), late=late)

    @precondition(there_are("meetings"))
    @rule(which=WHICH, new=NEW_TERMS, off=OFF, late=LATE)
    def change(self, which: int, new: NewTerms, off: int, late: bool) -> None:
        self._ask(self.asking.change(pick(which, self.meetings), new, off), late=late)

    @precondition(there_are("for_moves"))
    @rule(which=WHICH, new=NEW_TERMS, off=OFF, late=LATE)
    def take_another_time_slot(self, which: int, new: NewTerms, off: int, late: bool) -> None:
        slot = pick(which, self.for_moves)
        meeting = next((each for each in self.meetings if each.id == slot.moves), None)
        if meeting is not None:
            self._ask(self.asking.take_another(meeting, slot, new, off), late=late)

    @precondition(there_are("meetings"))
    @rule(which=WHICH, wish=WISHES, off=OFF, late=LATE)
    def move(self, which: int, wish: Wish, off: int, late: bool) -> None:
        self._ask(self.asking.move(pick(which, self.meetings), wish, off), late=late)

    @precondition(there_are("meetings"))
    @rule(which=WHICH, off=st.sampled_from([0, None, 1]), late=LATE)
    def cancel(self, which: int, off: int | None, late: bool) -> None:
        self._ask(self.asking.cancel(pick(which, self.meetings), off), late=late)

    @precondition(there_are("meetings"))
    @rule(which=WHICH, before=st.sampled_from(["P1D", "PT1H"]), late=LATE)
    def remind(self, which: int, before: str, late: bool) -> None:
        self._ask(self.asking.remind(pick(which, self.meetings), before), late=late)

    @precondition(there_are("done"))
    @rule(which=st.integers(0, 30))
    def repeat(self, which: int) -> None:
        """Whoever repeats what was acknowledged gets the same, or learns that it is gone; and changes nothing."""
        step, first = pick(which, self.done)
        before = self.ledger
        came = self._take(step, chosen(first))
        if not isinstance(step, UNDO):
            assert self.ledger == before
            assert came.refused in GONE or named(came) == named(first)

    @precondition(there_are("late"))
    @rule(which=WHICH)
    def wake_up(self, which: int) -> None:
        step = pick(which, self.late)
        self.late.remove(step)
        self._take(step)

    @precondition(lambda machine: len(machine.late) > 1)
    @rule()
    def wake_up_at_once(self) -> None:
        """What comes of it is what would have come of one order of them."""
        steps, self.late = self.late[-2:], self.late[:-2]
        came = self.day.take(*steps)
        note(f"at once: {steps} -> {came}")
        self.ledger = self._one_order_of(steps, came)
        self.done += [each for each in zip(steps, came, strict=True) if each[1].refused is None]

    @rule(minutes=MINUTES)
    def let_time_pass(self, minutes: float) -> None:
        self.day.do(self.day.let_pass(minutes))
        self.ledger.let_pass(minutes)

    @rule(employee=st.sampled_from(EVERYBODY), start=st.integers(0, STARTS - 1))
    def enter_busy_time(self, employee: UUID, start: int) -> None:
        """A calendar elsewhere says so, whatever is booked then."""
        begins = self.day.opens + HALF * start
        self.day.do(self.day.enter_busy_time(self.asking.new_id(), employee, begins, begins + HOUR))
        self.ledger.busy.append((employee, begins, begins + HOUR))

    def teardown(self) -> None:
        self.day.do(self.day.check_positions())

    def _ask(self, step: BaseModel, *, late: bool) -> None:
        if late:
            self.late.append(step)
        else:
            self._take(step)

    def _take(self, step: BaseModel, choice: UUID | None = None) -> Came:
        (came,) = self.day.take(step)
        promised = promise(self.ledger, step, choice or chosen(came))
        note(f"{step} -> {came}")
        assert (came.refused, came.answer) == (promised.refused, promised.answer)
        self.ledger = promised.after
        if came.refused is None:
            self.done.append((step, came))
        return came

    def _one_order_of(self, steps: Sequence[BaseModel], came: Sequence[Came]) -> Ledger:
        failures: list[AssertionError] = []
        for order in permutations(zip(steps, came, strict=True)):
            ledger = self.ledger
            try:
                for step, each in order:
                    promised = promise(ledger, step, chosen(each))
                    assert (each.refused, each.answer) == (promised.refused, promised.answer)
                    ledger = promised.after
                self.day.do(compare(self.day, ledger))
            except AssertionError as failure:
                failures.append(failure)
            else:
                return ledger
        raise ExceptionGroup("no order of them comes to this", failures)


def chosen(came: Came) -> UUID | None:
    """Who took what anybody could take."""
    answer: Any = came.answer or {}
    employee: UUID | None = answer.get("employee")
    return employee


def named(came: Came) -> object:
    """What the answer is about."""
    return None if came.answer is None else came.answer["id"]
