"""A client that was generated from the published contract drives the whole journey over real HTTP, unchanged.

Every operation of the contract is called, and every answer is one that the contract describes: the client refuses
others.
"""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any, Final, Self
from uuid import UUID

import httpx
import pytest

from storage.database import Database
from tests.integration.api.contract.contract_client import FILE
from tests.integration.api.support import CUSTOMER_TYPE, EVERY_SCOPE, FREJA, INGRID, ROOM, TOPIC, UNKNOWN, new_token
from tests.support.clients import ApiClient, next_monday

pytestmark = pytest.mark.ci

NAME: Final = "generated_bookme_client"
CITY: Final = "copenhagen-city"


@dataclass(frozen=True)
class Generated:
    """The generated package: `client.meetings_create` is an operation, `models.Meeting` a schema of the contract."""

    operations: dict[str, ModuleType]
    models: Any
    client: Any
    called: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, package: ModuleType, url: str, token: str) -> Self:
        api = importlib.import_module(f"{NAME}.api")
        names = [each.name for each in pkgutil.walk_packages(api.__path__, f"{api.__name__}.") if not each.ispkg]
        client = package.AuthenticatedClient(
            url, token=token, raise_on_unexpected_status=True, httpx_args={"trust_env": False}
        )
        operations = {name.rpartition(".")[2]: importlib.import_module(name) for name in names}
        return cls(operations, importlib.import_module(f"{NAME}.models"), client)

    async def call(self, operation: str, status: int = 200, **arguments: object) -> Any:  # noqa: ANN401 - what it answers
        self.called.add(operation)
        answer = await self.operations[operation].asyncio_detailed(client=self.client, **arguments)
        assert answer.status_code == status, answer
        return answer.parsed

    def replace(self, path: str, value: str) -> Any:  # noqa: ANN401 - a generated model
        return self.models.PatchOperation(op="replace", path=path, value=value)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    directory = tmp_path_factory.mktemp("generated")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    made = subprocess.run(
        [*command, "--path", FILE, "--output-path", directory / NAME], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        return importlib.import_module(NAME)


@pytest.fixture
async def generated(
    package: ModuleType, url: str, client: ApiClient, configurable: Database
) -> AsyncIterator[Generated]:
    """A client of staff, with a worker that serves it."""
    staff = await client.as_another("generated", EVERY_SCOPE)
    made = Generated.of(package, url, staff.headers["Authorization"].removeprefix("Bearer "))
    async with made.client:
        yield made


async def look_up(client: Generated) -> None:
    topics = await client.call("topics_list", is_customer=True, customer_type_id=UUID(CUSTOMER_TYPE))
    assert TOPIC in {each.id for each in topics}
    assert (await client.call("topics_get", id=TOPIC)).id == TOPIC
    assert CUSTOMER_TYPE in {str(each.id) for each in await client.call("customer_types_list")}
    assert (await client.call("customer_types_get", id=CUSTOMER_TYPE)).name
    assert FREJA in {str(each.id) for each in await client.call("employees_all")}
    assert (await client.call("employees_get", id=FREJA)).display_name == "Freja Lindqvist"
    assert ROOM in {str(each.id) for each in await client.call("rooms_all")}
    assert (await client.call("rooms_get", id=ROOM)).location == CITY


async def configure(client: Generated) -> None:
    topic = await client.call("topics_create", body=client.models.CreateTopicRequest("Savings", "savings"))
    await client.call("topics_patch", id=topic.id, body=[client.replace("/name", "Saving")])
    assert (await client.call("topics_get", id=topic.id)).name == "Saving"
    kind = await client.call("customer_types_create", body=client.models.CreateCustomerTypeRequest("Farmers"))
    await client.call("customer_types_patch", id=kind.id, body=[client.replace("/name", "Farmer")])
    assert (await client.call("customer_types_get", id=kind.id)).name == "Farmer"


async def book(client: Generated) -> Any:  # noqa: ANN401 - a generated model
    """Search, reserve, book: a time slot with a room."""
    models, token = client.models, new_token()
    offered = await client.call(
        "time_slots_list",
        require_employee_participation=False,
        explicit_employee_ids=[FREJA, INGRID],
        start_date=next_monday(),
        look_forward_time="7.00:00:00",
        meeting_duration="01:00:00",
        topic=TOPIC,
        customer_type_id=CUSTOMER_TYPE,
        meeting_types=[models.MeetingType.PHYSICAL],
        meeting_location=CITY,
        require_room=True,
    )
    first = offered[0]
    wanted = models.CreateTimeSlotRequest(
        status="Reserved",
        start_date=first.start_date,
        end_date=first.end_date,
        employee_id=first.employee_id,
        room_id=first.room_id,
    )
    held = await client.call("time_slots_reserve", body=models.Reservation(wanted, token))
    assert held.status == models.TimeSlotStatus.RESERVED
    vacant = await client.call("rooms_vacancies", location=CITY, time_slot_id=UUID(held.id))
    assert first.room_id in {str(room.id) for room in vacant}
    booked = [client.replace("/status", "Booked")]
    await client.call("time_slots_patch", id=held.id, body=booked, reservation_token=token)
    slot = await client.call("time_slots_get", id=held.id)
    assert (slot.status, slot.start_date) == (models.TimeSlotStatus.BOOKED, first.start_date)
    return slot


async def meet(client: Generated, slot: Any) -> Any:  # noqa: ANN401 - generated models
    models = client.models
    content = models.CreateMeetingRequest(
        booked_by=models.BookedBy.CUSTOMER,
        customer_type_id=CUSTOMER_TYPE,
        time_slot_id=slot.id,
        type_=models.MeetingType.PHYSICAL,
        topic_id=TOPIC,
        employee_id=slot.employee_id,
        customer_id="customer-4711",
        room_id=slot.room_id,
        title="Our home",
    )
    meeting = await client.call("meetings_create", body=content)
    assert await client.call("meetings_get", id=meeting.id) == meeting
    changed = await client.call("meetings_update", id=meeting.id, body=client.replace("/title", "Our second home"))
    assert (changed.id, changed.title) == (meeting.id, "Our second home")
    since = meeting.date_created - timedelta(seconds=1)
    listed = await client.call("meetings_list", employee_id=UUID(slot.employee_id), start_date_modified=since)
    assert [each.title for each in listed] == ["Our second home"]
    return changed


async def download(client: Generated, meeting: Any) -> bytes:  # noqa: ANN401 - a generated model
    """By the request that was generated; what was generated to read a file (0.29) cannot read any."""
    client.called.add("meetings_generate_i_cal")
    wanted = client.models.MeetingICalRequest(description="Bring payslips")
    request = client.operations["meetings_generate_i_cal"]._get_kwargs(id=meeting.id, body=wanted)
    answer: httpx.Response = await client.client.get_async_httpx_client().request(**request)
    assert answer.status_code == 200, answer.text
    return answer.content


async def enter_busy_time(client: Generated, slot: Any) -> None:  # noqa: ANN401 - a generated model
    """Staff's own use of time slots: create one, change it."""
    start = slot.end_date + timedelta(days=1)
    wanted = client.models.CreateTimeSlotRequest(
        status="Busy", start_date=start, end_date=start + timedelta(hours=1), employee_id=slot.employee_id
    )
    busy = await client.call("time_slots_create", body=wanted)
    await client.call("time_slots_patch", id=busy.id, body=[client.replace("/status", "ExtraOpen")])
    assert (await client.call("time_slots_get", id=busy.id)).status == client.models.TimeSlotStatus.EXTRAOPEN


async def test_drives_the_whole_contract(generated: Generated) -> None:
    await look_up(generated)
    await configure(generated)
    slot = await book(generated)
    meeting = await meet(generated, slot)
    assert b"SUMMARY:Our second home\r\n" in await download(generated, meeting)
    await enter_busy_time(generated, slot)
    await generated.call("meetings_delete", id=meeting.id)
    assert (await generated.call("meetings_get", id=meeting.id)).additional_properties["status"] == "Cancelled"
    assert generated.called == set(generated.operations)


async def test_reads_our_errors(generated: Generated, client: ApiClient) -> None:
    unknown = await generated.call("time_slots_get", 404, id=UNKNOWN)
    assert isinstance(unknown, generated.models.NotFoundError)
    assert UNKNOWN in unknown.message
    weak = await client.as_another("weak", "bookme.book")
    generated.client.get_async_httpx_client().headers.update(weak.headers)
    assert isinstance(await generated.call("rooms_all", 403), generated.models.ForbiddenError)
    generated.client.get_async_httpx_client().headers.update({"Authorization": "Bearer nonsense"})
    assert isinstance(await generated.call("rooms_all", 401), generated.models.UnauthorizedError)
