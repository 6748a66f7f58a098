"""The codec server decrypts for operators alone: their token, the UI's origin, the deployment's namespace."""

import asyncio
import base64
import json
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
import uvicorn
from google.protobuf import json_format
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, PayloadCodec

from api.codec import MAX_BODY, MAX_PAYLOADS, create_codec_app
from api.connections import Connection
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from config.temporal import EncryptionCodec, data_converter
from domain.messages.booking import BookingKey
from tests.integration.api.support import problem
from tests.security.support.issuer import Issuer, serving
from workflows.booking.messages import StartBooking

UI: Final = "https://temporal.example"
NAMESPACE: Final = {"X-Namespace": "default"}
SECRET: Final = "Kirsten's divorce"
OPERATOR: Final[dict[str, Any]] = {"sub": "ann@example.com", "client_id": "temporal-ui", "scope": "openid bookme.codec"}


def new_key() -> SecretStr:
    return SecretStr(base64.b64encode(os.urandom(32)).decode())


KEY, RETIRED, FOREIGN = new_key(), new_key(), new_key()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with serving() as server:
        yield server


@pytest.fixture
def of_codec(issuer: Issuer) -> Settings:
    """Neither the database nor Temporal is there."""
    return Settings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
            "auth_issuer": issuer.url,
            "payload_key": KEY,
            "payload_keys_retired": [RETIRED],
            "temporal_ui_url": f"{UI}/path/",
        }
    )


@asynccontextmanager
async def codec_server(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    config = uvicorn.Config(create_codec_app(settings), LOOPBACK, port, http=Connection, ws="none", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, and no event
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", trust_env=False, headers=NAMESPACE) as http:
        yield http
    server.should_exit = True
    await running


@pytest.fixture
async def codec(of_codec: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with codec_server(of_codec) as http:
        yield http


def bearer(issuer: Issuer, **claims: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(**(OPERATOR | claims))}"}


async def encrypted(*texts: str, key: SecretStr = KEY) -> list[Payload]:
    plain = pydantic_data_converter.payload_converter.to_payloads(texts)
    return await EncryptionCodec(key).encode(plain)


def body_of(payloads: Sequence[Payload]) -> dict[str, Any]:
    return json_format.MessageToDict(Payloads(payloads=payloads))


def texts_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    payloads = json_format.Parse(answer.text, Payloads()).payloads
    return [json.loads(each.data) for each in payloads]


class Remote(PayloadCodec):
    """The codec of the command line: it asks the codec server."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._http = http
        self._headers = headers

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._ask("/default/encode", payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._ask("/decode?preserveStorageRefs=true", payloads)

    async def _ask(self, path: str, payloads: Sequence[Payload]) -> list[Payload]:
        answer = await self._http.post(path, json=body_of(payloads), headers=self._headers)
        answer.raise_for_status()
        return list(json_format.Parse(answer.text, Payloads()).payloads)


class TestOperator:
    async def test_reads_what_is_encrypted_in_temporal(
        self, codec: httpx.AsyncClient, issuer: Issuer, engine: Client, of_codec: Settings
    ) -> None:
        """A run is started with the key, and read by a client that has no key but the codec server."""
        start = StartBooking(booking=BookingKey(client_id="web", token=SECRET))
        ours, theirs = (
            _with(engine, data_converter(of_codec)),
            _with(
                engine, DataConverter(pydantic_data_converter.payload_converter_class, Remote(codec, bearer(issuer)))
            ),
        )
        queue = f"nobody-{uuid4()}"
        run = await ours.start_workflow("BookingWorkflow", start, id=queue, task_queue=queue, static_summary=SECRET)
        assert SECRET not in (await engine.get_workflow_handle(run.id).fetch_history()).to_json()
        assert await (await theirs.get_workflow_handle(run.id).describe()).static_summary() == SECRET
        history = await engine.get_workflow_handle(run.id).fetch_history()
        found = await theirs.data_converter.decode(
            history.events[0].workflow_execution_started_event_attributes.input.payloads, [StartBooking]
        )
        assert found == [start]
        # As an operator starts a run with input in the UI: encoded there, decrypted by a worker.
        by_hand = await theirs.start_workflow("BookingWorkflow", start, id=f"{queue}-2", task_queue=queue)
        events = (await engine.get_workflow_handle(by_hand.id).fetch_history()).events
        given = events[0].workflow_execution_started_event_attributes.input.payloads
        assert given[0].metadata["encoding"] == b"binary/encrypted"
        assert await ours.data_converter.decode(given, [StartBooking]) == [start]
        for each in (run, by_hand):
            await each.terminate("the test is over")

    async def test_gets_each_payload_in_its_place(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        mixed = [
            *await encrypted("one"),
            *await encrypted("two", key=RETIRED),
            *pydantic_data_converter.payload_converter.to_payloads(["never encrypted"]),
        ]
        answer = await codec.post("/decode", json=body_of(mixed), headers=bearer(issuer))
        assert texts_of(answer) == ["one", "two", "never encrypted"]

    @pytest.mark.parametrize(
        ("claims", "status"),
        [
            ({}, 200),
            ({"scope": None, "scp": ["bookme.codec"]}, 200),
            # A program of the operators, for example one that exports histories.
            ({"sub": "exporter", "client_id": "exporter"}, 200),
            ({"scope": "bookme.read bookme.book bookme.staff bookme.config"}, 403),
            ({"scope": "bookme.codec.other"}, 403),
            ({"scope": None, "roles": ["bookme.codec"]}, 403),
            ({"aud": "another"}, 401),
            ({"exp": 1}, 401),
            ({"iss": "https://another.example"}, 401),
            ({"sub": ""}, 401),
        ],
    )
    async def test_needs_a_token_with_the_scope(
        self, codec: httpx.AsyncClient, issuer: Issuer, claims: dict[str, Any], status: int
    ) -> None:
        headers = bearer(issuer, **claims)
        answer = await codec.post("/decode", json=body_of(await encrypted(SECRET)), headers=headers)
        assert answer.status_code == status, answer.text
        assert (SECRET in str(texts_of(answer))) if status == 200 else SECRET not in answer.text

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer x.y.z"}])
    async def test_without_a_token_gets_nothing(self, codec: httpx.AsyncClient, headers: dict[str, str]) -> None:
        problem(await codec.post("/decode", json=body_of(await encrypted(SECRET)), headers=headers), 401)

    async def test_is_served_while_the_issuer_is_down_if_its_keys_are_known(
        self, codec: httpx.AsyncClient, issuer: Issuer
    ) -> None:
        body = body_of(await encrypted("one"))
        assert texts_of(await codec.post("/decode", json=body, headers=bearer(issuer))) == ["one"]
        issuer.open.clear()
        assert texts_of(await codec.post("/decode", json=body, headers=bearer(issuer))) == ["one"]


def _with(engine: Client, converter: DataConverter) -> Client:
    return Client(engine.service_client, namespace=engine.namespace, data_converter=converter)


class TestOrigin:
    async def test_the_ui_may_send_its_headers(self, codec: httpx.AsyncClient) -> None:
        asked = {
            "Origin": UI,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,authorization-extras,content-type,x-namespace",
        }
        answer = await codec.options("/decode?preserveStorageRefs=true", headers=asked)
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == UI
        assert "authorization-extras" in answer.headers["access-control-allow-headers"]

    async def test_the_ui_reads_answers_and_refusals(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        body = body_of(await encrypted(SECRET))
        for headers, status in ((bearer(issuer), 200), ({}, 401)):
            answer = await codec.post("/decode", json=body, headers={"Origin": UI} | headers)
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == UI
            assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", f"{UI}.evil.example", "http://temporal.example", "null"]
    )
    async def test_another_page_is_refused(self, codec: httpx.AsyncClient, issuer: Issuer, origin: str) -> None:
        """Also without a preflight, and with a name that an attacker lets point to this server."""
        headers = {"Origin": origin} | bearer(issuer)
        answer = await codec.post("/decode", json=body_of(await encrypted(SECRET)), headers=headers)
        assert UI in problem(answer, 403)["message"]
        assert "access-control-allow-origin" not in answer.headers
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert (await codec.options("/decode", headers=asked)).status_code == 400

    @pytest.mark.parametrize("page", ["http://127.0.0.1:8233", "http://localhost:8233"])
    async def test_on_loopback_both_names_of_the_host_are_the_ui(
        self, of_codec: Settings, issuer: Issuer, page: str
    ) -> None:
        async with codec_server(of_codec.model_copy(update={"temporal_ui_url": "http://localhost:8233"})) as codec:
            headers = {"Origin": page} | bearer(issuer)
            answer = await codec.post("/decode", json=body_of(await encrypted("one")), headers=headers)
            assert texts_of(answer) == ["one"]
            assert answer.headers["access-control-allow-origin"] == page


class TestNamespace:
    @pytest.mark.parametrize(
        ("path", "header", "status"),
        [
            ("/decode", "default", 200),
            ("/default/decode", "default", 200),
            ("/default/decode", None, 200),
            ("/decode", None, 400),
            ("/decode", "another", 403),
            ("/another/decode", None, 403),
            ("/another/decode", "default", 403),
            ("/default/decode", "another", 403),
        ],
    )
    async def test_only_that_of_the_connection_is_served(
        self, codec: httpx.AsyncClient, issuer: Issuer, path: str, header: str | None, status: int
    ) -> None:
        del codec.headers["X-Namespace"]
        headers = bearer(issuer) | ({"X-Namespace": header} if header else {})
        answer = await codec.post(path, json=body_of(await encrypted(SECRET)), headers=headers)
        assert answer.status_code == status, answer.text
        assert status != 200 or texts_of(answer) == [SECRET]

    async def test_the_connection_has_one(
        self, of_codec: Settings, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TEMPORAL_NAMESPACE", "bank")
        body = body_of(await encrypted("one"))
        async with codec_server(of_codec) as codec:
            assert texts_of(
                await codec.post("/bank/decode", json=body, headers=bearer(issuer) | {"X-Namespace": "bank"})
            )
            problem(await codec.post("/decode", json=body, headers=bearer(issuer)), 403)

    async def test_several_can_be_set(self, of_codec: Settings, issuer: Issuer) -> None:
        settings = of_codec.model_copy(update={"codec_namespaces": ("a", "b")})
        async with codec_server(settings) as codec:
            for namespace, status in (("a", 200), ("b", 200), ("default", 403)):
                headers = bearer(issuer) | {"X-Namespace": namespace}
                answer = await codec.post("/decode", json=body_of(await encrypted("one")), headers=headers)
                assert answer.status_code == status


class TestGarbage:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"nothing",
            b"1",
            b'{"payloads": 1}',
            b'{"payloads": [{"data": 1}]}',
            b'{"payloads": [{"metadata": []}]}',
            b"[" * 100_000,
            b'{"payloads": [' * 50_000,
            b"\xff\xfe",
        ],
        ids=lambda body: repr(body[:20]),
    )
    async def test_is_answered_as_such(self, codec: httpx.AsyncClient, issuer: Issuer, body: bytes) -> None:
        headers = bearer(issuer) | {"Content-Type": "application/json"}
        problem(await codec.post("/decode", content=body, headers=headers), 400)

    async def test_of_another_type_is_refused(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        """Browsers send text without asking first."""
        headers = bearer(issuer) | {"Content-Type": "text/plain"}
        problem(await codec.post("/decode", content=json.dumps(body_of(await encrypted("one"))), headers=headers), 415)

    async def test_too_much_is_refused(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        headers = bearer(issuer) | {"Content-Type": "application/json"}
        problem(await codec.post("/decode", content=b" " * (MAX_BODY + 1), headers=headers), 413)
        many: dict[str, Any] = {"payloads": [{}] * (MAX_PAYLOADS + 1)}
        problem(await codec.post("/decode", json=many, headers=headers), 413)

    async def test_the_largest_payload_of_temporal_fits(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        large = "x" * (2 * 1024 * 1024)
        answer = await codec.post("/decode", json=body_of(await encrypted(large)), headers=bearer(issuer))
        assert texts_of(answer) == [large]

    async def test_what_cannot_be_decrypted_is_said(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        (foreign,) = await encrypted(SECRET, key=FOREIGN)
        changed = (await encrypted(SECRET))[0]
        changed.data = changed.data[:-1] + bytes([changed.data[-1] ^ 1])
        for payload, why in ((foreign, "BOOKME_PAYLOAD_KEY has changed"), (changed, "changed on its way")):
            answer = await codec.post("/decode", json=body_of([payload]), headers=bearer(issuer))
            assert why in problem(answer, 400)["message"]

    async def test_other_paths_and_methods_are_none(self, codec: httpx.AsyncClient, issuer: Issuer) -> None:
        problem(await codec.get("/decode", headers=bearer(issuer)), 405)
        problem(await codec.post("/download", json={}, headers=bearer(issuer)), 404)
        problem(await codec.get("/openapi.json"), 404)


class TestAudit:
    async def test_each_request_is_one_line_without_content(
        self, codec: httpx.AsyncClient, issuer: Issuer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        body = body_of(await encrypted(SECRET, "two"))
        await codec.post("/decode", json=body, headers=bearer(issuer))
        await codec.post("/decode", json=body, headers=bearer(issuer, scope="bookme.read"))
        await codec.post("/decode", json=body_of(await encrypted(SECRET, key=FOREIGN)), headers=bearer(issuer))
        await codec.post("/decode", json=body)
        lines = [vars(each) for each in caplog.records if each.name == "api.codec"]
        names = ("operation", "subject", "client", "namespace", "payloads", "outcome")
        told = [tuple(line.get(name) for name in names) for line in lines]
        who = ("ann@example.com", "user:temporal-ui:ann@example.com")
        assert told[0] == ("decode", *who, "default", 2, "done")
        assert told[1][:5] == ("decode", *who, None, None)
        assert "bookme.codec" in str(told[1][-1])
        assert told[2][:5] == ("decode", *who, "default", 1)
        assert "BOOKME_PAYLOAD_KEY has changed" in str(told[2][-1])
        assert told[3] == ("decode", None, None, None, None, "Send an access token: 'Authorization: Bearer <token>'.")
        assert len(told) == 4
        assert len({line["request"] for line in lines}) == 4
        written = json.dumps([{name: str(value) for name, value in vars(each).items()} for each in caplog.records])
        assert SECRET not in written
        assert body["payloads"][0]["data"] not in written


async def test_its_health_needs_no_token(codec: httpx.AsyncClient, issuer: Issuer) -> None:
    issuer.open.clear()
    assert (await codec.get("/health/live")).json() == {"status": "ok"}


class TestDevelopment:
    """The development UI has no sign-on and sends no token."""

    @pytest.fixture
    def of_codec(self, tmp_path: Path) -> Settings:
        return Settings.model_validate(
            {
                "dev_issuer": True,
                "dev_issuer_key": tmp_path / "key.pem",
                "payload_key": KEY,
                "temporal_ui_url": "http://127.0.0.1:8233",
            }
        )

    async def test_no_token_is_needed(self, codec: httpx.AsyncClient) -> None:
        headers = {"Origin": "http://localhost:8233"}
        assert texts_of(await codec.post("/decode", json=body_of(await encrypted("one")), headers=headers)) == ["one"]

    async def test_a_token_that_is_sent_must_be_good(self, codec: httpx.AsyncClient) -> None:
        body = body_of(await encrypted(SECRET))
        problem(await codec.post("/decode", json=body, headers={"Authorization": "Bearer x.y.z"}), 401)

    async def test_other_pages_are_refused(self, codec: httpx.AsyncClient) -> None:
        body = body_of(await encrypted(SECRET))
        problem(await codec.post("/decode", json=body, headers={"Origin": "https://evil.example"}), 403)
