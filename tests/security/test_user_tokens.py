"""Tokens that an issuer gave for users of an application do not count as the application's own."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from config.settings import Settings
from tests.integration.api.support import ok, problem
from tests.security.support.issuer import Issuer, serving
from tests.support.clients import ApiClient

Claims = dict[str, Any]

OF_CLIENTS: Final[dict[str, Claims]] = {
    "RFC 9068": {"client_id": "web", "sub": "web"},
    "without a subject": {"client_id": "web", "sub": None},
    "Auth0": {"client_id": None, "azp": "web", "sub": "web@clients", "gty": "client-credentials"},
    "Auth0 as RFC 9068": {"client_id": "web", "sub": "web@clients"},
    "Okta": {"client_id": None, "cid": "web", "sub": "web"},
    "Entra v1": {"client_id": None, "appid": "web", "oid": "77aa", "sub": "77aa", "appidacr": "1"},
    "Entra v2": {"client_id": None, "azp": "web", "oid": "77aa", "sub": "77aa", "azpacr": "1"},
    "Entra says so": {"client_id": None, "azp": "web", "oid": "77aa", "sub": "77aa", "idtyp": "app"},
    "Keycloak": {"client_id": "web", "azp": "web", "sub": "0b1e", "preferred_username": "service-account-web"},
}
"""As these issuers make them; `web` is the client."""

OF_USERS: Final[dict[str, Claims]] = {
    "RFC 9068": {"client_id": "web", "sub": "eve"},
    "Auth0": {"client_id": None, "azp": "web", "sub": "auth0|5f7c"},
    "Auth0 with a password": {"client_id": None, "azp": "web", "sub": "auth0|5f7c", "gty": "password"},
    "Okta": {"client_id": None, "cid": "web", "uid": "00u1", "sub": "eve@example.com"},
    "Entra": {"client_id": None, "azp": "web", "oid": "77aa", "sub": "AAAb", "scp": "bookme.read"},
    "Entra with the same subject": {
        "client_id": None,
        "azp": "web",
        "oid": "77aa",
        "sub": "77aa",
        "scp": "bookme.read",
    },
    "Entra says so": {"client_id": None, "azp": "web", "sub": "web", "idtyp": "user"},
    "Keycloak": {"client_id": None, "azp": "web", "sub": "0b1e", "sid": "77", "preferred_username": "eve"},
    "Keycloak, registered under a false name": {
        "client_id": None,
        "azp": "web",
        "sub": "0b1e",
        "sid": "77",
        "preferred_username": "service-account-web",
    },
    "an empty subject": {"client_id": "web", "sub": ""},
}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with serving() as issuer:
        yield issuer


@pytest.fixture
def accepted() -> bool:
    return False


@pytest.fixture
def settings(settings: Settings, issuer: Issuer, accepted: bool) -> Settings:
    update = {"dev_issuer": False, "auth_issuer": issuer.url, "accept_user_tokens": accepted}
    return settings.model_copy(update=update)


def of(http: httpx.AsyncClient, issuer: Issuer, **claims: Any) -> ApiClient:  # noqa: ANN401 - any JSON
    token = issuer.token(**{"scope": "bookme.read bookme.book", **claims})
    return ApiClient(http, {"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("claims", OF_CLIENTS.values(), ids=OF_CLIENTS)
async def test_a_client_is_known_by_the_tokens_that_it_gets_for_itself(
    http: httpx.AsyncClient, issuer: Issuer, claims: Claims
) -> None:
    ok(await of(http, issuer, **claims).get("/config/rooms"))


@pytest.mark.parametrize("claims", OF_USERS.values(), ids=OF_USERS)
async def test_a_users_token_is_refused(http: httpx.AsyncClient, issuer: Issuer, claims: Claims) -> None:
    answer = await of(http, issuer, **claims).get("/config/rooms")
    assert "is for a user" in problem(answer, 401)["message"]


async def test_the_roles_of_an_application_are_its_scopes(http: httpx.AsyncClient, issuer: Issuer) -> None:
    application = OF_CLIENTS["Entra v2"] | {"scope": None}
    problem(await of(http, issuer, **application).get("/config/rooms"), 403)
    ok(await of(http, issuer, **application, roles=["bookme.read"]).get("/config/rooms"))


@pytest.mark.parametrize("accepted", [True])
@pytest.mark.usefixtures("worker")
class TestAccepted:
    async def test_each_user_has_bookings_of_its_own(self, http: httpx.AsyncClient, issuer: Issuer) -> None:
        eve = of(http, issuer, client_id="web", sub="eve")
        held = ok(await eve.reserve((await eve.search())[0], "token"))
        path = f"/bookme/time-slots/{held['id']}"
        ok(await eve.get(path))
        others = (
            {"client_id": "web", "sub": "adam"},
            {"client_id": "app", "sub": "eve"},
            {"client_id": "web", "sub": "web"},
        )
        for other in others:
            problem(await of(http, issuer, **other).get(path), 403, "NOT_YOURS")

    @pytest.mark.parametrize("subject", ["", " ", None, "x" * 200])
    async def test_a_user_without_a_name_is_refused(
        self, http: httpx.AsyncClient, issuer: Issuer, subject: str | None
    ) -> None:
        answer = await of(http, issuer, client_id="web", sub=subject, idtyp="user").get("/config/rooms")
        assert "does not name its user" in problem(answer, 401)["message"]

    async def test_a_user_has_no_roles_of_an_application(self, http: httpx.AsyncClient, issuer: Issuer) -> None:
        eve = of(http, issuer, client_id="web", sub="eve", roles=["bookme.config"])
        problem(await eve.post("/bookme/config/rooms", {}), 403)
