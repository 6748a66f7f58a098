import base64
import os
from itertools import chain, repeat
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from pydantic import BaseModel, SecretStr
from temporalio import workflow
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from config import temporal as engine
from config.ports import free_port
from config.settings import Settings
from devstack.processes import until
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from workers import lost_engine
from workers.lost_engine import is_lost
from workers.schedules import schedule_meeting_sweep
from workflows.common import search_attributes

pytestmark = pytest.mark.xdist_group("stack")

PLAIN = "Kirsten's divorce"


class Note(BaseModel):
    text: str


@workflow.defn
class Echo:
    @workflow.run
    async def run(self, note: Note, fail: bool) -> Note:
        if fail:
            raise ApplicationError(f"cannot say {note.text}", note, non_retryable=True)
        return note


def new_key() -> SecretStr:
    return SecretStr(base64.b64encode(os.urandom(32)).decode())


def settings(payload_key: SecretStr | None = None, *retired: SecretStr) -> Settings:
    return Settings(payload_key=payload_key, payload_keys_retired=retired)


async def connect(server: DevelopmentServer, wanted: Settings) -> Client:
    return await engine.connect(wanted, environment=without_temporal() | {"TEMPORAL_ADDRESS": server.address})


async def run_echo(client: Client, *, fail: bool = False) -> tuple[Note | BaseException | None, str]:
    """What a caller gets, and what the server has stored about it."""
    queue = uuid4().hex
    async with Worker(client, task_queue=queue, workflows=[Echo], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await client.start_workflow(Echo.run, args=[Note(text=PLAIN), fail], id=queue, task_queue=queue)
        try:
            result: Note | BaseException | None = await handle.result()
        except WorkflowFailureError as error:
            result = error.cause
    return result, (await handle.fetch_history()).to_json()


async def test_payloads_are_stored_encrypted_and_come_back(temporal: DevelopmentServer) -> None:
    client = await connect(temporal, settings(new_key()))
    result, stored = await run_echo(client)
    assert result == Note(text=PLAIN)
    assert base64.b64encode(b"binary/encrypted").decode() in stored
    assert PLAIN not in stored
    assert base64.b64encode(PLAIN.encode()).decode()[:16] not in stored


async def test_failures_are_stored_encrypted_and_come_back(temporal: DevelopmentServer) -> None:
    client = await connect(temporal, settings(new_key()))
    result, stored = await run_echo(client, fail=True)
    assert isinstance(result, ApplicationError)
    assert result.message == f"cannot say {PLAIN}"
    assert PLAIN not in stored


async def test_without_a_key_payloads_are_readable_in_the_ui(temporal: DevelopmentServer) -> None:
    result, stored = await run_echo(await connect(temporal, settings()), fail=True)
    assert isinstance(result, ApplicationError)
    assert PLAIN in stored


async def test_every_key_reads_what_it_encrypted_and_nothing_is_encrypted_twice_the_same() -> None:
    old, new = new_key(), new_key()
    [payload] = await engine.data_converter(settings()).encode([PLAIN])
    before = engine.EncryptionCodec(old)
    after = engine.EncryptionCodec(new, old)
    [sealed] = await before.encode([payload])
    assert await before.encode([payload]) != [sealed]
    assert PLAIN.encode() not in sealed.SerializeToString()
    assert await after.decode([sealed]) == [payload]
    assert await after.decode([payload]) == [payload], "what was stored before there was a key"
    with pytest.raises(ValueError, match="no key"):
        await before.decode(await after.encode([payload]))


async def test_processes_before_and_after_the_switch_to_a_new_key_read_each_other() -> None:
    """As the runbook of key rotation has it: every process can read the new key before one writes with it."""
    old, new = new_key(), new_key()
    [payload] = await engine.data_converter(settings()).encode([PLAIN])
    before, prepared, after = (engine.EncryptionCodec(*keys) for keys in ((old,), (old, new), (new, old)))
    for writer, readers in ((before, (prepared,)), (prepared, (before, after)), (after, (prepared,))):
        for reader in readers:
            assert await reader.decode(await writer.encode([payload])) == [payload]


async def test_a_retired_key_still_reads_when_nothing_is_encrypted_any_more() -> None:
    old = new_key()
    [payload] = await engine.data_converter(settings()).encode([PLAIN])
    [sealed] = await engine.EncryptionCodec(old).encode([payload])
    converter = engine.data_converter(settings(None, old))
    assert converter.payload_codec
    assert await converter.payload_codec.decode([sealed]) == [payload]
    assert await converter.payload_codec.encode([payload]) == [payload]


async def test_a_payload_that_was_tampered_with_is_refused() -> None:
    codec = engine.EncryptionCodec(new_key())
    [sealed] = await codec.encode(await engine.data_converter(settings()).encode([PLAIN]))
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    with pytest.raises(ValueError, match="changed on its way"):
        await codec.decode([sealed])


@pytest.mark.parametrize("key", ["", "not base64!", base64.b64encode(b"short").decode()])
async def test_what_is_no_key_is_said(key: str) -> None:
    with pytest.raises(ValueError, match="BOOKME_PAYLOAD_KEY must be 32 bytes in base64"):
        engine.data_converter(settings(SecretStr(key)))


async def test_search_attributes_are_made_once_and_can_be_used_at_once(temporal: DevelopmentServer) -> None:
    client = await connect(temporal, settings())
    made = await engine.register_search_attributes(client, search_attributes.ALL)
    again = await engine.register_search_attributes(client, search_attributes.ALL)
    assert made == sorted(key.name for key in search_attributes.ALL)
    assert again == []
    pair = SearchAttributePair(search_attributes.BOOKING_STATUS, "Reserved")
    handle = await client.start_workflow(
        "Anything", id=uuid4().hex, task_queue="nobody", search_attributes=TypedSearchAttributes([pair])
    )
    assert (await handle.describe()).typed_search_attributes[search_attributes.BOOKING_STATUS] == "Reserved"


@pytest.mark.ci
async def test_a_search_attribute_of_another_type_is_an_error(temporal: DevelopmentServer) -> None:
    client = await connect(temporal, settings())
    await engine.register_search_attributes(client, [SearchAttributeKey.for_int("Floor")])
    with pytest.raises(engine.SearchAttributeMismatch, match="Floor is INDEXED_VALUE_TYPE_INT"):
        await engine.register_search_attributes(client, [SearchAttributeKey.for_keyword("Floor")])


@pytest.mark.ci
async def test_a_search_attribute_that_another_process_makes_meanwhile_with_another_type(
    temporal: DevelopmentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connect(temporal, settings())
    request = ListSearchAttributesRequest(namespace="default")
    before = await client.operator_service.list_search_attributes(request)
    await engine.register_search_attributes(client, [SearchAttributeKey.for_int("Storey")])
    after = await client.operator_service.list_search_attributes(request)
    monkeypatch.setattr(client.operator_service, "list_search_attributes", AsyncMock(side_effect=[before, after]))
    with pytest.raises(engine.SearchAttributeMismatch, match="Storey is INDEXED_VALUE_TYPE_INT"):
        await engine.register_search_attributes(client, [SearchAttributeKey.for_keyword("Storey")])


async def test_an_engine_is_lost_without_its_schedules_and_not_without_a_relay(temporal: DevelopmentServer) -> None:
    """A relay that an operator terminated is not there any more when its retention is over."""
    client = await connect(temporal, settings())
    assert await is_lost(client)
    await schedule_meeting_sweep(client, "nobody")
    assert not await is_lost(client)


async def test_a_repair_that_failed_in_the_middle_is_repeated(
    temporal: DevelopmentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule that tells a lost engine exists after the first attempt, but no release has been promoted.

    The repair itself is not done here, because other tests use this server.
    """
    repair = AsyncMock(side_effect=[RPCError("killed again", RPCStatusCode.UNAVAILABLE, b""), None])
    monkeypatch.setattr(lost_engine, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(lost_engine, "is_lost", AsyncMock(side_effect=chain([True], repeat(False))))
    monkeypatch.setattr(lost_engine, "repair", repair)

    async def was_repeated() -> bool:
        return repair.await_count == 2

    async with lost_engine.repaired_when_lost(await connect(temporal, settings()), settings()):
        await until(was_repeated, 30)


async def test_a_server_that_is_not_there_is_said_and_a_lazy_client_does_not_mind() -> None:
    environment = without_temporal() | {"TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}"}
    with pytest.raises(engine.EngineUnavailable, match=r"Temporal at 127\.0\.0\.1:\d+ cannot be reached"):
        await engine.connect(settings(), environment=environment)
    client = await engine.connect(settings(), environment=environment, lazy=True)
    assert client.namespace == "default"


async def test_a_worker_is_known_by_its_process(temporal: DevelopmentServer) -> None:
    client = await connect(temporal, settings())
    queue = uuid4().hex
    assert not await is_polled_by(client, queue, os.getpid())
    async with Worker(client, task_queue=queue, workflows=[Echo], workflow_runner=UnsandboxedWorkflowRunner()):

        async def polls() -> bool:
            return await is_polled_by(client, queue, os.getpid())

        await until(polls, 20)
