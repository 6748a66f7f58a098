"""Connection to Temporal, encryption of the data that is stored there, registration of search attributes, and
questions about task queues and schedules.

The address comes from `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, or from
Temporal's own configuration file.
"""

import asyncio
import base64
import binascii
import dataclasses
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, ScheduleDescription
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, PayloadCodec
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RPCError, RPCStatusCode

from config.addresses import is_loopback
from config.settings import Settings
from config.temporal_sdk.failures import ReadableEncodedFailures, ReadableFailures
from config.temporal_sdk.request_ids import RequestIds
from config.tracing import OFF, Tracing

DEFAULT_ADDRESS: Final = "127.0.0.1:7233"
ENCRYPTED: Final = b"binary/encrypted"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

POLLED_WITHIN: Final = timedelta(minutes=2)
"""A worker that polled within this time counts as running. A poll that gets no task lasts one minute."""


class EngineUnavailable(ConnectionError):
    """Temporal cannot be reached."""


class NotAKey(ValueError):
    """A payload key in the settings is not a valid encryption key."""


class SearchAttributeMismatch(Exception):
    """A search attribute exists with another type, so that searches by this attribute would fail."""


async def connect(
    settings: Settings,
    *,
    lazy: bool = False,
    runtime: Runtime | None = None,
    environment: Mapping[str, str] | None = None,
    tracing: Tracing = OFF,
) -> Client:
    """Return a client of the workflow engine. Workers that use the client carry request ids and traces too.

    A `lazy` client connects when it is first used, so that a process can start before the engine does.

    Raises:
        EngineUnavailable: the engine cannot be reached.

    """
    options: dict[str, Any] = {**ClientConfig.load_client_connect_config(override_env_vars=environment)}
    address = options.pop("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            address,
            **options,
            data_converter=data_converter(settings),
            interceptors=[RequestIds(), *tracing.temporal_interceptors],
            grpc_compression=GrpcCompression.NONE if is_loopback(address.rsplit(":", 1)[0]) else GrpcCompression.GZIP,
            lazy=lazy,
            runtime=runtime,
        )
    except RuntimeError as error:
        raise EngineUnavailable(f"Temporal at {address} cannot be reached.") from error


def data_converter(settings: Settings) -> DataConverter:
    """Return a converter of Pydantic messages. With a key, the converter also encrypts messages and failures.

    Retired keys decrypt, even if there is no current key.
    """
    codec = encryption_codec(settings)
    if codec is None:
        return dataclasses.replace(pydantic_data_converter, failure_converter_class=ReadableFailures)
    return dataclasses.replace(
        pydantic_data_converter, payload_codec=codec, failure_converter_class=ReadableEncodedFailures
    )


def encryption_codec(settings: Settings) -> "EncryptionCodec | None":
    """Return the codec with the keys of the settings, or None if there is no key.

    Raises:
        NotAKey: a key is not valid.

    """
    if settings.payload_key is None and not settings.payload_keys_retired:
        return None
    return EncryptionCodec(settings.payload_key, *settings.payload_keys_retired)


def namespace_of_connection() -> str:
    """Return the namespace in Temporal that this process connects to."""
    return ClientConfig.load_client_connect_config().get("namespace") or "default"


class EncryptionCodec(PayloadCodec):
    """Encrypts payloads with AES-256-GCM and a new random nonce each. `key` encrypts; retired keys only decrypt.

    Payloads that were stored without encryption stay readable. If `key` is None, new payloads are not encrypted.
    """

    def __init__(self, key: SecretStr | None, *retired: SecretStr) -> None:
        current = None if key is None else _raw_key(key, "BOOKME_PAYLOAD_KEY")
        former = [_raw_key(secret, "Each of BOOKME_PAYLOAD_KEYS_RETIRED") for secret in retired]
        self._ciphers = {_key_id(raw): AESGCM(raw) for raw in (current, *former) if raw}
        self._current = _key_id(current) if current else None

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encrypt(payload, self._current) for payload in payloads] if self._current else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload, key_id: bytes) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": ENCRYPTED, "encryption-key-id": key_id}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCRYPTED:
            return payload
        key_id = payload.metadata.get("encryption-key-id", b"")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise ValueError(f"no key {key_id.decode()!r}: BOOKME_PAYLOAD_KEY has changed, retire the old one instead")
        try:
            opened = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], key_id)
        except InvalidTag as error:
            raise ValueError("an encrypted payload was changed on its way") from error
        return Payload.FromString(opened)


def _raw_key(secret: SecretStr, name: str) -> bytes:
    try:
        key = base64.b64decode(secret.get_secret_value(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise NotAKey(f"{name} must be 32 bytes in base64; `openssl rand -base64 32` makes one.")
    return key


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).hexdigest()[:16].encode()


async def register_search_attributes(
    client: Client, keys: Iterable[SearchAttributeKey[Any]], *, patience: float = 60
) -> list[str]:
    """Create the missing search attributes, and wait until they can be used. Return the names of the new ones.

    Raises:
        SearchAttributeMismatch: a search attribute exists with another type.
        TimeoutError: the new search attributes cannot be used within `patience` seconds.

    """
    wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in keys}
    missing = await _missing(client, wanted)
    if missing:
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        try:
            await client.operator_service.add_search_attributes(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise
        # Another process may have created them meanwhile, with other types. Some servers then report no error.
        await _missing(client, wanted)
        async with asyncio.timeout(patience):
            await _until_they_can_be_used(client, missing)
    return sorted(missing)


async def _missing(
    client: Client, wanted: Mapping[str, IndexedValueType.ValueType]
) -> Mapping[str, IndexedValueType.ValueType]:
    """Return the search attributes that do not exist. Raise `SearchAttributeMismatch` if one has another type."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    existing = (await client.operator_service.list_search_attributes(request, retry=True)).custom_attributes
    for name in wanted.keys() & existing.keys():
        if existing[name] != wanted[name]:
            kinds = (IndexedValueType.Name(kind) for kind in (existing[name], wanted[name]))
            raise SearchAttributeMismatch("search attribute {} is {}, not {}".format(name, *kinds))
    return {name: kind for name, kind in wanted.items() if name not in existing}


async def _until_they_can_be_used(client: Client, names: Iterable[str]) -> None:
    """Wait until the server accepts the search attributes in a query. The server caches its list of attributes."""
    query = " OR ".join(f"{name} IS NOT NULL" for name in names)
    while True:
        try:
            await client.count_workflows(query)
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
        else:
            return
        await asyncio.sleep(0.1)


async def pollers(client: Client, task_queue: str) -> list[PollerInfo]:
    """Return the workers that poll the task queue for workflow tasks. One that has stopped counts for two minutes more.

    Raises:
        RPCError, RuntimeError: Temporal cannot be used.

    """
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, retry=True)
    since = datetime.now(UTC) - POLLED_WITHIN
    return [each for each in answer.pollers if each.last_access_time.ToDatetime(UTC) > since]


def last_start(schedule: ScheduleDescription) -> datetime:
    """Return when the schedule last started its workflow. Its creation or change counts if nothing has started since.

    So a schedule is not late because its interval was just shortened. On newer servers, a pause or its end is a change.
    """
    info = schedule.info
    started = (each.started_at for each in info.recent_actions)
    return max(filter(None, (info.created_at, info.last_updated_at, *started)))
