"""Access tokens: asked for once, kept, and renewed when they end or BookMe refuses them."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from bookme_client import AsyncBookMe, BookMe, TokenRefused
from bookme_client.errors import Forbidden, Unauthorized
from fastapi import FastAPI

from api.app import create_app, lifespan
from api.auth import dev_issuer
from config.settings import Settings
from tests.python_client.conftest import first_offer, served
from tests.python_client.lossy_proxy import Loss, LossyProxy
from tests.support.clients import SECRET

TOKEN = "/oauth2/token"


class Counting(httpx.AsyncClient):
    """Counts the requests of each path."""

    def __init__(self) -> None:
        super().__init__(trust_env=False, event_hooks={"request": [self.count]})
        self.counted: Counter[str] = Counter()

    async def count(self, request: httpx.Request) -> None:
        self.counted[request.url.path] += 1


async def test_calls_at_the_same_time_ask_for_one_token(url: str) -> None:
    async with Counting() as http:
        bookme = AsyncBookMe(url, client_id="demo", client_secret=SECRET, http=http)
        await asyncio.gather(*(bookme.customer_types() for _ in range(10)))
        assert http.counted == {"/.well-known/openid-configuration": 1, TOKEN: 1, "/config/customer-types": 10}


async def test_threads_ask_for_one_token(proxy: LossyProxy) -> None:
    with BookMe(proxy.url, client_id="demo", client_secret=SECRET, token_url=f"{proxy.url}{TOKEN}") as bookme:
        await asyncio.gather(*(asyncio.to_thread(bookme.customer_types) for _ in range(5)))
    assert len(proxy.of(TOKEN)) == 1
    assert len(proxy.of("customer-types")) == 5


@pytest.mark.ci
async def test_a_token_that_ends_in_the_middle_is_renewed(
    url: str, monkeypatch: pytest.MonkeyPatch, worker: None
) -> None:
    monkeypatch.setattr(dev_issuer, "LIFETIME", timedelta(seconds=2))
    async with Counting() as http:
        bookme = AsyncBookMe(url, client_id="demo", client_secret=SECRET, http=http)
        offer = await first_offer(bookme)
        hold = await bookme.hold(offer.slot, customer_id="customer", customer_type_id=offer.customer_type_id)
        await asyncio.sleep(1.1)
        await hold.confirm()
        await asyncio.sleep(1.1)
        assert (await hold.create_meeting()).id
        assert http.counted[TOKEN] >= 3
        assert http.counted["/bookme/meetings"] == 1, "no token was refused"


async def test_a_token_that_is_refused_in_the_middle_is_renewed(
    app: FastAPI, settings: Settings, tmp_path: Path, port: int, worker: None
) -> None:
    """BookMe starts again with another key, and refuses the client's token before its end."""
    later = settings.model_copy(update={"dev_issuer_key": tmp_path / "another.pem"})
    async with Counting() as http:
        bookme = AsyncBookMe(settings.public_url, client_id="demo", client_secret=SECRET, http=http)
        async with served(app, port):
            hold = await bookme.hold((await first_offer(bookme)).slot)
        again = create_app(later)
        async with lifespan(later)(again), served(again, port):
            assert (await hold.confirm()).is_confirmed
        assert (http.counted[TOKEN], http.counted[f"/bookme/time-slots/{hold.id}"]) == (2, 2)


async def test_a_wrong_secret_is_an_error_at_once(url: str) -> None:
    async with Counting() as http:
        bookme = AsyncBookMe(url, client_id="demo", client_secret="wrong", http=http)
        with pytest.raises(TokenRefused, match="Check client_id, client_secret and scope") as refused:
            await bookme.customer_types()
        assert (refused.value.status, http.counted[TOKEN]) == (401, 1)


async def test_an_issuer_that_is_not_there_is_named(url: str) -> None:
    async with AsyncBookMe(url, client_id="demo", client_secret=SECRET, issuer=f"{url}/config") as bookme:
        with pytest.raises(TokenRefused, match="Pass `issuer`"):
            await bookme.customer_types()


async def test_a_lost_token_is_asked_for_again(bookme: AsyncBookMe, proxy: LossyProxy) -> None:
    proxy.lose("openid-configuration", Loss.ANSWER)
    assert await bookme.customer_types()
    assert proxy.has_lost_everything


async def test_a_function_gives_the_tokens(url: str, bookme: AsyncBookMe) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": SECRET}
        token = (await http.post(f"{url}{TOKEN}", data=form)).json()["access_token"]

    async def provider() -> str:
        return str(token)

    async with AsyncBookMe(url, token=provider) as provided, AsyncBookMe(url, token=str(token)) as fixed:
        assert await provided.customer_types() == await fixed.customer_types()
    async with AsyncBookMe(url, token="nonsense") as stranger:
        with pytest.raises(Unauthorized):
            await stranger.customer_types()
    with pytest.raises(TypeError, match="client_id and client_secret"):
        AsyncBookMe(url)


async def test_a_scope_that_is_missing_is_named(url: str) -> None:
    async with AsyncBookMe(url, client_id="demo", client_secret=SECRET, scope="bookme.book") as bookme:
        with pytest.raises(Forbidden, match=r"bookme\.read"):
            await bookme.rooms()
