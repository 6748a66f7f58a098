"""A made-up run, told step by step as a sound system would have recorded it. Tests break it where they want."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from chaos.record import Exchange, Fault, FinalState, Json, Operation, Record, RowChange, Run, Table, WorkflowRun

BEGAN: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOLD: Final = timedelta(seconds=30)
BOUND: Final = 30.0
CLIENT: Final = "client-1"
EDITH, OTTO = "employee-edith", "employee-otto"
RELAY: Final = WorkflowRun(id="relay-events", type="RelayWorkflow", status="RUNNING")


class Scenario:
    """Each step takes a second: the request, its transaction, its answer. `answers` is False when nobody was told."""

    def __init__(self) -> None:
        self.clock = BEGAN
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.changes: list[RowChange] = []
        self.slots: dict[str, Json] = {}
        self.meetings: dict[str, Json] = {}
        self.events: list[Json] = []
        self.workflows: list[WorkflowRun] = [RELAY]
        self._transaction = 0

    def record(self) -> Record:
        """As it is when everything has been quiet for long."""
        log = [published_event(event) for event in self.events]
        return Record(
            run=Run(seed=1, seconds=60, clients=1, faults=(), bound=BOUND, began=BEGAN),
            final_state=FinalState(
                healed=self.clock,
                at=self.clock + HOLD + timedelta(seconds=BOUND + 1),
                positions=tuple(event["id"] for event in self.events),
            ),
            exchanges=self.exchanges,
            faults=self.faults,
            changes=self.changes,
            log=log,
            received=list(log),
            workflows=self.workflows,
        )

    def reserve(
        self,
        token: str,
        *,
        hour: int = 9,
        employee: str = EDITH,
        room: str | None = None,
        team: Sequence[str] = (),
        status: int | None = 200,
        to_move: str | None = None,
    ) -> str:
        self._begin()
        slot = self._slot(token, hour, employee, room, team) | {"existing_meeting_id": to_move}
        self._change("time_slot", "INSERT", slot)
        for each in team:
            attendee_slot = slot | {"id": f"{slot['id']}+{each}", "employee_id": each, "companion_of": slot["id"]}
            self._change("time_slot", "INSERT", attendee_slot | {"reservation_token": None, "additional_employees": []})
        self._append_event("booking.reserved", slot)
        self.add_exchange("reserve", token, wanted(token, slot), status, answer_of(slot))
        return str(slot["id"])

    def book(self, slot_id: str, *, status: int | None = 200) -> None:
        self._begin()
        slot = self._update_slot(slot_id, status="Booked", hold_expires_at=iso_text(self.clock + HOLD))
        self._append_event("booking.booked", slot)
        self.add_exchange("book", slot_id, [], status, answer_of(slot))

    def create(self, slot_id: str, *, customer: str | None = None, status: int | None = 200) -> str:
        self._begin()
        slot = self._update_slot(slot_id, hold_expires_at=None)
        meeting = self._meeting(slot, customer or f"customer-of-{slot_id}")
        self._change("meeting", "INSERT", meeting)
        self._append_event("meeting.created", slot, meeting["id"])
        self.add_exchange("create", slot_id, {"customerId": meeting["customer_id"]}, status, answer_of_meeting(meeting))
        self.workflows.append(WorkflowRun(id=f"meeting-{meeting['id']}", type="MeetingWorkflow", status="RUNNING"))
        return str(meeting["id"])

    def book_meeting(self, token: str, *, hour: int = 9, team: Sequence[str] = ()) -> tuple[str, str]:
        slot_id = self.reserve(token, hour=hour, team=team)
        self.book(slot_id)
        return slot_id, self.create(slot_id)

    def change(self, meeting_id: str, title: str, *, status: int | None = 200) -> None:
        self._begin()
        meeting = self._update_meeting(meeting_id, title=title)
        self._append_event("meeting.changed", self.slots[meeting["time_slot_id"]], meeting_id)
        patch = [{"op": "add", "path": "/title", "value": title}]
        self.add_exchange("change", meeting_id, patch, status, answer_of_meeting(meeting))

    def move(self, meeting_id: str, *, hour: int, status: int | None = 200) -> None:
        """All of it in one transaction."""
        self._begin()
        before = self.slots[self.meetings[meeting_id]["time_slot_id"]]
        slot = self._slot(f"move:{hour}", hour, before["employee_id"], None, ())
        slot["booking_key"] = before["booking_key"]
        self._change("time_slot", "INSERT", slot)
        self._append_event("booking.reserved", slot)
        self._append_event("booking.booked", self._update_slot(slot["id"], status="Booked"))
        self._update_slot(slot["id"], hold_expires_at=None)
        times = {name: slot[name] for name in ("start_at", "end_at")}
        meeting = self._update_meeting(meeting_id, time_slot_id=slot["id"], **times)
        self._change("time_slot", "DELETE", before)
        self._append_event("meeting.moved", slot, meeting_id)
        self.add_exchange("move", meeting_id, {"startDate": slot["start_at"]}, status, answer_of_meeting(meeting))

    def open_run(self, meeting_id: str) -> None:
        """By the sweep, which notes it in the row."""
        self._begin()
        self._change("meeting", "UPDATE", self.meetings[meeting_id] | {"run_opened_at": iso_text(self.clock)})

    def cancel(self, meeting_id: str, *, status: int | None = 200) -> None:
        self._begin()
        slot = self.slots[self.meetings[meeting_id]["time_slot_id"]]
        self._update_meeting(meeting_id, time_slot_id=None, cancelled_at=iso_text(self.clock))
        self.remove_attendee_slots(slot["id"])
        self._change("time_slot", "DELETE", slot)
        self._append_event("meeting.cancelled", slot, meeting_id)
        self.add_exchange("cancel", meeting_id, None, status, {"id": meeting_id})
        self.workflows = [
            each.model_copy(update={"status": "COMPLETED"}) if each.id == f"meeting-{meeting_id}" else each
            for each in self.workflows
        ]

    def give_back(self, slot_id: str, *, status: int | None = 200) -> None:
        self._begin()
        self.remove(slot_id, "booking.released")
        self.add_exchange("give_back", slot_id, None, status, None)

    def expire(self, slot_id: str) -> None:
        """After its deadline."""
        self._begin()
        self.clock += 2 * HOLD
        self.remove(slot_id, "booking.expired")

    def remove(self, slot_id: str, kind: str | None) -> None:
        """In the transaction that is open; `kind` is what it tells."""
        slot = self.slots[slot_id]
        self.remove_attendee_slots(slot_id)
        self._change("time_slot", "DELETE", slot)
        if kind is not None:
            self._append_event(kind, slot)

    def remove_attendee_slots(self, slot_id: str) -> None:
        for attendee_slot in [each for each in self.slots.values() if each["companion_of"] == slot_id]:
            self._change("time_slot", "DELETE", attendee_slot)

    def repeat_last_event(self) -> None:
        """The last event once more."""
        last = self.events[-1]
        self.events.append(self._change("booking_event", "INSERT", last | {"id": len(self.events) + 1}))

    def answer_late(self) -> None:
        """The last answer came when every hold had lapsed."""
        self.exchanges[-1] = self.exchanges[-1].model_copy(update={"answered": self.clock + 2 * HOLD})

    def add_exchange(
        self, step: str, subject: str, body: object, status: int | None, answer: object, intent: str = ""
    ) -> Exchange:
        """A request and its answer, around now."""
        moment, accepted = timedelta(milliseconds=200), status == 200
        exchange = Exchange(
            client=CLIENT,
            intent=intent or f"intent-{len(self.exchanges)}",
            step=step,
            subject=subject,
            method="POST",
            path="/",
            body=body,
            sent=self.clock - moment,
            answered=self.clock + moment,
            status=status,
            answer=answer if accepted else None,
            trouble="ReadError" if status is None else None,
        )
        self.exchanges.append(exchange)
        return exchange

    def _begin(self) -> None:
        self.clock += timedelta(seconds=1)
        self._transaction += 1

    def _slot(self, token: str, hour: int, employee: str, room: str | None, team: Sequence[str]) -> Json:
        identity = name(f"slot-{token}-{hour}-{self._transaction}")
        return {
            "id": identity,
            "start_at": f"2026-11-23T{hour:02}:00:00+00:00",
            "end_at": f"2026-11-23T{hour + 1:02}:00:00+00:00",
            "status": "Reserved",
            "employee_id": employee,
            "room_id": room,
            "booking_key": identity,
            "hold_expires_at": iso_text(self.clock + HOLD),
            "client_id": CLIENT,
            "reservation_token": token,
            "companion_of": None,
            "additional_employees": list(team),
        }

    def _meeting(self, slot: Json, customer: str) -> Json:
        same = ("start_at", "end_at", "employee_id", "room_id", "additional_employees")
        return {field: slot[field] for field in same} | {
            "id": name(f"meeting-{self._transaction}"),
            "time_slot_id": slot["id"],
            "type": "online",
            "topic_id": "topic",
            "customer_type_id": "type",
            "customer_id": customer,
            "booked_by": "customer",
            "title": "Advice",
            "description": None,
            "sequence": 0,
            "cancelled_at": None,
        }

    def _update_slot(self, slot_id: str, **values: object) -> Json:
        """Its companions follow."""
        for attendee_slot in [each for each in self.slots.values() if each["companion_of"] == slot_id]:
            self._change("time_slot", "UPDATE", attendee_slot | values)
        return self._change("time_slot", "UPDATE", self.slots[slot_id] | values)

    def _update_meeting(self, meeting_id: str, **values: object) -> Json:
        meeting = self.meetings[meeting_id]
        return self._change("meeting", "UPDATE", meeting | {"sequence": meeting["sequence"] + 1, **values})

    def _append_event(self, kind: str, slot: Json, meeting_id: str | None = None) -> None:
        row = {field: slot[field] for field in ("client_id", "reservation_token", "booking_key")}
        event = row | {"id": len(self.events) + 1, "kind": kind, "time_slot_id": slot["id"], "meeting_id": meeting_id}
        self.events.append(self._change("booking_event", "INSERT", event))

    def _change(self, table: Table, operation: Operation, row: Json) -> Json:
        change = RowChange(at=self.clock, transaction=self._transaction, table=table, operation=operation, row=row)
        self.changes.append(change)
        kept = {"time_slot": self.slots, "meeting": self.meetings}.get(table)
        if kept is not None and operation == "DELETE":
            kept.pop(row["id"], None)
        elif kept is not None:
            kept[row["id"]] = row
        return row


def complete_scenario() -> Scenario:
    """Every ending once, and nothing is wrong with it."""
    scenario = Scenario()
    scenario.add_exchange("reserve", "token-a", {}, 503, None, intent="again")
    scenario.book_meeting("token-a", hour=9)
    scenario.exchanges[1] = scenario.exchanges[1].model_copy(update={"intent": "again"})
    _, meeting = scenario.book_meeting("token-b", hour=10)
    scenario.change(meeting, "Another title")
    scenario.move(meeting, hour=11)
    _, other = scenario.book_meeting("token-c", hour=12, team=[OTTO])
    scenario.cancel(other)
    scenario.book_meeting("token-g", hour=13, team=[OTTO])
    scenario.give_back(scenario.reserve("token-d", hour=12, room="room", team=[OTTO]))
    scenario.expire(scenario.reserve("token-e", hour=12, room="room", team=[OTTO]))
    scenario.expire(scenario.reserve("token-f", hour=12, status=None))
    scenario.add_exchange(
        "reserve", "token-f", scenario.exchanges[-1].body, 409, None, intent=scenario.exchanges[-1].intent
    )
    return scenario


def answer_of(slot: Json) -> Json:
    names = {"id": "id", "startDate": "start_at", "endDate": "end_at", "status": "status", "employeeId": "employee_id"}
    more = {"roomId": "room_id", "additionalEmployees": "additional_employees", "holdExpiresAt": "hold_expires_at"}
    return {field: slot[column] for field, column in (names | more).items() if slot[column]}


def answer_of_meeting(meeting: Json) -> Json:
    words = (each.split("_") for each in meeting)
    names = {"start_at": "startDate", "end_at": "endDate"} | {
        "_".join(word): word[0] + "".join(map(str.title, word[1:])) for word in words if word[-1] != "at"
    }
    return {field: meeting[column] for column, field in names.items() if meeting[column] is not None}


def wanted(token: str, slot: Json) -> Json:
    kept = {"startDate": slot["start_at"], "endDate": slot["end_at"], "employeeId": slot["employee_id"]}
    return {
        "token": token,
        "timeSlot": kept | {"roomId": slot["room_id"], "additionalEmployees": slot["additional_employees"]},
    }


def published_event(event: Json) -> Json:
    """As the log tells it."""
    names = {"clientId": "client_id", "reservationToken": "reservation_token", "timeSlotId": "time_slot_id"}
    data = {field: event[column] for field, column in (names | {"meetingId": "meeting_id"}).items() if event[column]}
    return {
        "id": f"evt_{event['id']:032x}",
        "type": event["kind"],
        "timestamp": "2026-11-20T12:00:00.000Z",
        "data": data,
    }


def iso_text(moment: datetime) -> str:
    return moment.isoformat()


def name(what: str) -> str:
    return str(uuid5(NAMESPACE_URL, what))
