"""How the issuer's keys are fetched, kept and replaced."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from api.auth.jwks import COOLDOWN, MAX_AGE, AuthorizationServerUnreachable, IssuerKeys
from api.auth.principals import Unauthorized
from tests.integration.api.auth.signed_tokens import (
    ISSUER,
    jwks,
    token,
    verifier,
)


class Issuer:
    """An issuer over HTTP that can be down, slow and change its keys; counts what is fetched."""

    def __init__(self) -> None:
        self.up = True
        self.kid = "rsa"
        self.now = 1000.0
        self.hang = asyncio.Event()
        self.hang.set()
        self.fetched: list[str] = []
        self.metadata: object = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.fetched.append(request.url.path)
        await self.hang.wait()
        if not self.up:
            raise httpx.ConnectError("down")
        return httpx.Response(200, json=jwks(self.kid) if request.url.path == "/keys" else self.metadata)

    def keys(self, jwks_url: str | None = f"{ISSUER}/keys") -> IssuerKeys:
        return IssuerKeys(ISSUER, self.client, jwks_url=jwks_url, clock=lambda: self.now)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    async with issuer.client:
        yield issuer


class TestIssuerKeys:
    async def test_are_discovered_once_for_many_requests(self, issuer: Issuer) -> None:
        believing = verifier(issuer.keys(jwks_url=None))
        await asyncio.gather(*(believing.verify(token()) for _ in range(20)))
        await believing.verify(token())
        assert issuer.fetched == ["/.well-known/openid-configuration", "/keys"]

    async def test_a_new_key_is_found_at_once(self, issuer: Issuer) -> None:
        believing = verifier(issuer.keys())
        await believing.verify(token())
        issuer.kid, issuer.now = "new", issuer.now + COOLDOWN
        assert await believing.verify(token(header={"kid": "new"}))

    async def test_a_flood_of_unknown_kids_is_one_fetch_a_cooldown(self, issuer: Issuer) -> None:
        believing = verifier(issuer.keys())
        for _ in range(3):
            floods = [believing.verify(token(header={"kid": f"unknown-{number}"})) for number in range(50)]
            refusals = await asyncio.gather(*floods, return_exceptions=True)
            assert {type(refusal) for refusal in refusals} == {Unauthorized}
            issuer.now += COOLDOWN
        assert len(issuer.fetched) == 3

    async def test_a_withdrawn_key_stops_working(self, issuer: Issuer) -> None:
        believing = verifier(issuer.keys())
        await believing.verify(token())
        issuer.kid, issuer.now = "new", issuer.now + MAX_AGE
        with pytest.raises(Unauthorized):
            await believing.verify(token())

    async def test_a_withdrawn_key_stops_a_token_that_was_verified_before(self, issuer: Issuer) -> None:
        believing, used = verifier(issuer.keys()), token()
        assert await believing.verify(used)
        assert await believing.verify(used)
        issuer.kid, issuer.now = "new", issuer.now + MAX_AGE
        with pytest.raises(Unauthorized):
            await believing.verify(used)

    async def test_kept_keys_work_while_the_issuer_is_down(self, issuer: Issuer) -> None:
        believing = verifier(issuer.keys())
        await believing.verify(token())
        issuer.up, issuer.now = False, issuer.now + MAX_AGE
        assert await believing.verify(token())
        with pytest.raises(Unauthorized):
            await believing.verify(token(header={"kid": "unknown"}))

    async def test_an_issuer_that_hangs_delays_nobody_twice(self, issuer: Issuer) -> None:
        believing = verifier(issuer.keys())
        await believing.verify(token())
        issuer.up, issuer.now = False, issuer.now + MAX_AGE
        await believing.verify(token())
        issuer.hang.clear()
        issuer.now += COOLDOWN
        async with asyncio.timeout(10):
            assert await believing.verify(token())
        issuer.up = True
        issuer.hang.set()

    async def test_an_issuer_that_was_never_seen_is_not_the_clients_fault(self, issuer: Issuer) -> None:
        issuer.up = False
        believing = verifier(issuer.keys())
        for _ in range(5):
            with pytest.raises(AuthorizationServerUnreachable, match=ISSUER):
                await believing.verify(token())
        assert len(issuer.fetched) == 1
        issuer.up, issuer.now = True, issuer.now + COOLDOWN
        assert await believing.verify(token())

    async def test_a_request_that_is_cancelled_leaves_the_fetch_to_the_others(self, issuer: Issuer) -> None:
        issuer.hang.clear()
        believing = verifier(issuer.keys())
        first, second = (asyncio.create_task(believing.verify(token())) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        issuer.hang.set()
        assert await second
        assert first.cancelled()
        assert len(issuer.fetched) == 1

    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://evil.example", "jwks_uri": f"{ISSUER}/keys"},
            {"issuer": ISSUER, "jwks_uri": "http://issuer.example/keys"},
            {"issuer": ISSUER, "jwks_uri": "http://127.0.0.1/keys"},
            {"issuer": ISSUER, "jwks_uri": None},
            {"issuer": ISSUER, "jwks_uri": "https://[broken"},
            [],
        ],
    )
    async def test_a_discovery_document_that_cannot_be_trusted(self, issuer: Issuer, metadata: object) -> None:
        issuer.metadata = metadata
        with pytest.raises(AuthorizationServerUnreachable):
            await verifier(issuer.keys(jwks_url=None)).verify(token())
