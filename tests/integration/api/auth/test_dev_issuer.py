"""The development token issuer: the client credentials grant, its errors, its metadata, its key file."""

import stat
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from api.auth.dev_issuer import DevIssuer, SigningKey, issue_token
from api.auth.jwks import IssuerKeys
from api.auth.principals import Principal, Scope, Unauthorized
from api.auth.tokens import TokenVerifier
from config.settings import Settings

SECRET = "bookme-development"
SHOP = ("shop", SECRET)
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        dev_issuer=True,
        auth_issuer=None,
        public_url="http://127.0.0.1:8000",
        dev_issuer_key=tmp_path / "new" / "key.pem",
    )


@pytest.fixture
def issuer(settings: Settings) -> DevIssuer:
    return DevIssuer(settings)


@pytest.fixture
async def client(issuer: DevIssuer) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(issuer.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as opened:
        yield opened


async def verify(settings: Settings, issuer: DevIssuer, token: str) -> Principal:
    return await TokenVerifier.from_settings(settings, issuer.key_set).verify(token)


class TestGrant:
    async def test_with_basic_authentication(
        self, client: httpx.AsyncClient, settings: Settings, issuer: DevIssuer
    ) -> None:
        answer = await client.post("/oauth2/token", data=GRANT, auth=SHOP)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        body = answer.json()
        principal = await verify(settings, issuer, body.pop("access_token"))
        assert body == {"token_type": "Bearer", "expires_in": 3600, "scope": "bookme.read bookme.book"}
        assert principal == Principal("shop", "shop", frozenset({Scope.READ, Scope.BOOK}))

    async def test_with_the_secret_in_the_form(
        self, client: httpx.AsyncClient, settings: Settings, issuer: DevIssuer
    ) -> None:
        form = {**GRANT, "client_id": "advisor", "client_secret": SECRET, "scope": "bookme.staff bookme.read"}
        body = (await client.post("/oauth2/token", data=form)).json()
        assert body["scope"] == "bookme.staff bookme.read"
        principal = await verify(settings, issuer, body["access_token"])
        assert principal.client_id == "advisor"
        assert principal.is_staff

    async def test_the_token_is_an_rfc_9068_access_token(self, client: httpx.AsyncClient) -> None:
        tokens = [(await client.post("/oauth2/token", data=GRANT, auth=SHOP)).json()["access_token"] for _ in range(2)]
        header = jwt.get_unverified_header(tokens[0])
        assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
        claims, others = (jwt.decode(token, options={"verify_signature": False}) for token in tokens)
        assert set(claims) == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"}
        assert claims["exp"] - claims["iat"] == 3600
        assert claims["jti"] != others["jti"]

    async def test_an_encoded_client_id_is_decoded(
        self, client: httpx.AsyncClient, settings: Settings, issuer: DevIssuer
    ) -> None:
        answer = await client.post("/oauth2/token", data=GRANT, auth=("my%3Ashop+1", SECRET))
        assert (await verify(settings, issuer, answer.json()["access_token"])).client_id == "my:shop 1"


class TestRefused:
    @pytest.mark.parametrize(
        ("form", "auth", "status", "error"),
        [
            pytest.param(GRANT, ("shop", "wrong"), 401, "invalid_client", id="wrong secret"),
            pytest.param(GRANT, ("shop", "é"), 401, "invalid_client", id="secret beyond ASCII"),
            pytest.param(GRANT, ("", SECRET), 401, "invalid_client", id="no client id"),
            pytest.param(GRANT, ("a%0Ab", SECRET), 401, "invalid_client", id="line break in client id"),
            pytest.param({**GRANT, "client_secret": SECRET}, SHOP, 400, "invalid_request", id="both ways"),
            pytest.param({"scope": "bookme.read"}, SHOP, 400, "invalid_request", id="no grant type"),
            pytest.param({}, SHOP, 400, "invalid_request", id="no form"),
            pytest.param({"grant_type": ["client_credentials"] * 2}, SHOP, 400, "invalid_request", id="given twice"),
            pytest.param({"grant_type": "password"}, SHOP, 400, "unsupported_grant_type", id="wrong grant type"),
            pytest.param({**GRANT, "scope": "admin"}, SHOP, 400, "invalid_scope", id="unknown scope"),
            pytest.param({**GRANT, "scope": "bookme.read x"}, SHOP, 400, "invalid_scope", id="one unknown"),
            pytest.param({**GRANT, "scope": " "}, SHOP, 400, "invalid_scope", id="blank scope"),
        ],
    )
    async def test_a_request_with(
        self,
        client: httpx.AsyncClient,
        form: dict[str, str],
        auth: tuple[str, str],
        status: int,
        error: str,
    ) -> None:
        answer = await client.post("/oauth2/token", data=form, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)

    @pytest.mark.parametrize("half", [{}, {"client_id": "shop"}, {"client_secret": SECRET}])
    async def test_half_the_credentials(self, client: httpx.AsyncClient, half: dict[str, str]) -> None:
        answer = await client.post("/oauth2/token", data={**GRANT, **half})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("credentials", ["!!!", "w6k", "/w==", ""])
    async def test_malformed_basic_credentials(self, client: httpx.AsyncClient, credentials: str) -> None:
        answer = await client.post("/oauth2/token", data=GRANT, headers={"Authorization": f"Basic {credentials}"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


class TestMetadata:
    @pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
    async def test_is_served(self, client: httpx.AsyncClient, name: str) -> None:
        body = (await client.get(f"/.well-known/{name}")).json()
        assert body["issuer"] == "http://127.0.0.1:8000"
        assert body["token_endpoint"] == "http://127.0.0.1:8000/oauth2/token"

    async def test_leads_a_verifier_to_the_keys(
        self, client: httpx.AsyncClient, settings: Settings, issuer: DevIssuer
    ) -> None:
        keys = IssuerKeys("http://127.0.0.1:8000", client)
        assert await TokenVerifier.from_settings(settings, keys).verify(issuer.issue("shop"))

    async def test_no_private_key_is_published(self, client: httpx.AsyncClient) -> None:
        (key,) = (await client.get("/oauth2/jwks")).json()["keys"]
        assert set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"}

    def test_is_not_part_of_the_contract(self, issuer: DevIssuer) -> None:
        app = FastAPI()
        app.include_router(issuer.router)
        assert not app.openapi()["paths"]


class TestKey:
    async def test_a_second_issuer_on_the_same_file_verifies_the_firsts_tokens(
        self, settings: Settings, issuer: DevIssuer
    ) -> None:
        assert await verify(settings, DevIssuer(settings), issuer.issue("shop"))

    def test_the_file_is_private_and_alone(self, settings: Settings) -> None:
        DevIssuer(settings)
        assert stat.S_IMODE(settings.dev_issuer_key.stat().st_mode) == 0o600
        assert list(settings.dev_issuer_key.parent.iterdir()) == [settings.dev_issuer_key]

    def test_processes_that_start_together_agree(self, settings: Settings) -> None:
        with ThreadPoolExecutor(16) as pool:
            keys = pool.map(lambda _: SigningKey.at(settings.dev_issuer_key).jwk["kid"], range(16))
        assert len(set(keys)) == 1

    def test_another_kind_of_key_is_not_used(self, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        other = ec.generate_private_key(ec.SECP384R1())
        path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(ValueError, match="no P-256 key"):
            SigningKey.at(path)

    async def test_an_old_token_has_expired(self, settings: Settings, issuer: DevIssuer) -> None:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        old = issue_token(settings, issuer.key, "shop", [Scope.READ], yesterday)
        with pytest.raises(Unauthorized, match="expired"):
            await verify(settings, issuer, old)

    def test_it_says_loudly_what_it_is_for(self, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
        DevIssuer(settings)
        assert "FOR DEVELOPMENT ONLY" in caplog.text
        assert SECRET not in caplog.text
