"""Every way in which an access token is refused, over HTTP."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse
from jwt.algorithms import RSAAlgorithm

from api.auth.jwks import FixedKeys
from api.auth.principals import InsufficientScope, Principal, Scope, Unauthorized, challenge
from api.auth.scopes import Booker, Reader, requires
from api.auth.tokens import MAX_TOKEN, issuer_of
from api.middleware.limits import RateLimit
from config.settings import Settings
from tests.integration.api.auth.signed_tokens import (
    AUDIENCE,
    EC_KEY,
    ED_KEY,
    ISSUER,
    RSA_KEY,
    SigningKey,
    jwks,
    token,
    verifier,
)

OTHER_KEY = rsa.generate_private_key(65537, 2048)


def unsigned(header: dict[str, Any], signature: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """A token of which PyJWT would refuse to sign the like."""
    payload = token().split(".")[1]
    signing_input = f"{encoded(json.dumps(header).encode())}.{payload}".encode()
    return f"{signing_input.decode()}.{encoded(signature(signing_input))}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def hs256_with_public_key() -> str:
    """The classic: the public key is no secret, so whoever has it could be anybody (RFC 8725 §2.1)."""
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "kid": "rsa", "typ": "at+jwt"}
    return unsigned(header, lambda signed: hmac.new(pem, signed, hashlib.sha256).digest())


def make_app() -> FastAPI:
    app = FastAPI()
    app.state.verifier = verifier()
    app.state.rate_limit = RateLimit("1000/second")

    @app.exception_handler(Unauthorized)
    @app.exception_handler(InsufficientScope)
    async def refuse(request: Request, refusal: Exception) -> JSONResponse:
        assert isinstance(refusal, Unauthorized | InsufficientScope)
        body = {"code": refusal.code, "message": refusal.message}
        return JSONResponse(body, refusal.status, {"WWW-Authenticate": refusal.challenge})

    @app.get("/read")
    async def read(principal: Reader) -> Principal:
        return principal

    @app.get("/book")
    async def book(principal: Booker) -> Principal:
        return principal

    @app.get("/both")
    async def both(principal: Annotated[Principal, Security(requires(Scope.READ, Scope.STAFF))]) -> bool:
        return principal.is_staff

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://bookme") as opened:
        yield opened


async def get(client: httpx.AsyncClient, bearer: str, path: str = "/read") -> httpx.Response:
    return await client.get(path, headers={"Authorization": f"Bearer {bearer}"})


class TestAccepted:
    @pytest.mark.parametrize(
        ("key", "algorithm", "kid"),
        [(RSA_KEY, "RS256", "rsa"), (RSA_KEY, "PS256", "rsa"), (EC_KEY, "ES256", "ec"), (ED_KEY, "EdDSA", "ed")],
    )
    async def test_each_allowed_algorithm(
        self, client: httpx.AsyncClient, key: SigningKey, algorithm: str, kid: str
    ) -> None:
        answer = await get(client, token(key, algorithm, header={"kid": kid}))
        assert answer.status_code == 200
        assert answer.json() == {"client_id": "shop", "subject": "shop", "scopes": ["bookme.read"]}

    @pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", None])
    async def test_each_type(self, typ: str | None) -> None:
        assert await verifier().verify(token(header={"typ": typ}))

    async def test_without_kid_when_one_key_fits(self) -> None:
        assert await verifier().verify(token(header={"kid": None}))

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    async def test_the_scheme_in_any_case(self, client: httpx.AsyncClient, scheme: str) -> None:
        answer = await client.get("/read", headers={"authorization": f"{scheme} {token()}"})
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("claims", "client_id"),
        [
            ({"client_id": "a", "azp": "b", "sub": "a"}, "a"),
            ({"client_id": None, "azp": "b", "sub": "b"}, "b"),
            ({"client_id": None, "cid": "c", "sub": "c"}, "c"),
            ({"client_id": None, "appid": "d", "sub": "d"}, "d"),
            ({"client_id": None, "sub": "e"}, "e"),
        ],
    )
    async def test_the_client_is_named_by(self, claims: dict[str, Any], client_id: str) -> None:
        assert (await verifier().verify(token(**claims))).client_id == client_id

    async def test_without_sub_the_client_is_the_subject(self) -> None:
        assert (await verifier().verify(token(without="sub"))).subject == "shop"

    @pytest.mark.parametrize(
        ("claims", "scopes"),
        [
            ({"scope": "bookme.read  bookme.book openid"}, {"bookme.read", "bookme.book", "openid"}),
            ({"scope": None, "scp": "bookme.read bookme.book"}, {"bookme.read", "bookme.book"}),
            ({"scope": None, "scp": ["bookme.read", "bookme.staff"]}, {"bookme.read", "bookme.staff"}),
            ({"scope": None, "scp": ["bookme.read", 7, None]}, {"bookme.read"}),
            ({"scope": 7, "scp": {"bookme.read": True}}, set()),
            ({"scope": None}, set()),
            ({"scope": None, "roles": ["bookme.read"]}, {"bookme.read"}),
            ({"roles": "bookme.book"}, {"bookme.read", "bookme.book"}),
        ],
    )
    async def test_scopes_are_read_from(self, claims: dict[str, Any], scopes: set[str]) -> None:
        assert (await verifier().verify(token(**claims))).scopes == scopes

    async def test_clocks_may_differ_a_little(self) -> None:
        now = time.time()
        assert await verifier().verify(token(iat=now + 5, nbf=now + 5))
        assert await verifier().verify(token(exp=now - 5))

    async def test_one_of_several_audiences(self) -> None:
        assert await verifier().verify(token(aud=["other", AUDIENCE]))


class TestRefused:
    @pytest.mark.parametrize(
        "header", [{}, {"Authorization": "Basic c2hvcDpzZWNyZXQ="}, {"Authorization": "Bearer"}, {"Authorization": ""}]
    )
    async def test_without_credentials_the_challenge_says_no_more(
        self, client: httpx.AsyncClient, header: dict[str, str]
    ) -> None:
        answer = await client.get("/read", headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="bookme"'

    async def test_a_token_in_the_query_does_not_count(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/read", params={"access_token": token()})).status_code == 401

    async def test_two_authorization_headers(self, client: httpx.AsyncClient) -> None:
        header = ("Authorization", f"Bearer {token()}")
        answer = await client.get("/read", headers=[header, header])
        assert answer.status_code == 400
        assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize(
        ("bearer", "why"),
        [
            pytest.param("garbage", "malformed", id="garbage"),
            pytest.param("a.b.c", "malformed", id="garbage in three parts"),
            pytest.param(f"{token()} {token()}", "malformed", id="two tokens"),
            pytest.param(f"{encoded(b'[]')}.e30.e30", "malformed", id="header is a list"),
            pytest.param(unsigned({"alg": "RS256", "kid": 7}), "malformed", id="kid is a number"),
            pytest.param(unsigned({"alg": "RS256", "kid": "rsa", "crit": ["x"]}), "malformed", id="unknown crit"),
            pytest.param("e30." + "x" * MAX_TOKEN, "too long", id="too long"),
            pytest.param(unsigned({"alg": "none", "kid": "rsa"}), "signed with", id="alg none"),
            pytest.param(unsigned({"alg": "None", "kid": "rsa"}), "signed with", id="alg None"),
            pytest.param(unsigned({"kid": "rsa"}), "signed with", id="no alg"),
            pytest.param(unsigned({"alg": ["RS256"], "kid": "rsa"}), "signed with", id="alg is a list"),
            pytest.param(hs256_with_public_key(), "signed with", id="HS256 with the public key"),
            pytest.param(token(RSA_KEY, "RS512"), "signed with", id="algorithm not allowed"),
            pytest.param(unsigned({"alg": "RS256", "kid": "rsa"}), "signature", id="signature missing"),
            pytest.param(token(OTHER_KEY), "signature", id="wrong key"),
            pytest.param(token(EC_KEY, "ES256"), "does not publish", id="algorithm of another key type"),
            pytest.param(token(RSA_KEY, header={"kid": "ec"}), "does not publish", id="kid of another key type"),
            pytest.param(token(header={"kid": "gone"}), "does not publish", id="unknown kid"),
            pytest.param(token(header={"typ": "id+jwt"}), "another type", id="another type"),
            pytest.param(token(header={"typ": 7}), "another type", id="type is a number"),
            pytest.param(token(iss="https://evil.example"), "another issuer", id="wrong issuer"),
            pytest.param(token(iss=[ISSUER]), "another issuer", id="issuer is a list"),
            pytest.param(token(aud="other"), "another audience", id="wrong audience"),
            pytest.param(token(aud={"bookme": 1}), "another audience", id="audience is an object"),
            pytest.param(token(exp=time.time() - 11), "expired", id="expired"),
            pytest.param(token(exp="soon"), "malformed", id="exp is a word"),
            pytest.param(token(exp=float("inf")), "malformed", id="exp is infinite"),
            pytest.param(token(nbf=time.time() + 3600), "not valid yet", id="not yet valid"),
            pytest.param(token(iat=time.time() + 3600), "not valid yet", id="issued in the future"),
            pytest.param(token(without="exp"), "lacks the claim 'exp'", id="no exp"),
            pytest.param(token(without="iss"), "lacks the claim 'iss'", id="no iss"),
            pytest.param(token(without="aud"), "lacks the claim 'aud'", id="no aud"),
            pytest.param(token(client_id=None, without="sub"), "name its client", id="no client"),
            pytest.param(token(client_id=""), "name its client", id="empty client"),
            pytest.param(token(client_id=" "), "name its client", id="blank client"),
            pytest.param(token(client_id=7), "name its client", id="client is a number"),
            pytest.param(token(client_id="a\nb"), "name its client", id="line break in client"),
            pytest.param(token(client_id="a\x00"), "name its client", id="NUL in client"),
            pytest.param(token(client_id="\ud800"), "name its client", id="half a character in client"),
            pytest.param(token(client_id="x" * 201), "name its client", id="client too long"),
            pytest.param(token(client_id="user:web:eve"), "name its client", id="client is called as a user"),
            pytest.param(token(sub="a\nb"), "name its subject", id="line break in subject"),
        ],
    )
    async def test_a_token_that_is(self, client: httpx.AsyncClient, bearer: str, why: str) -> None:
        answer = await get(client, bearer)
        assert answer.status_code == 401
        assert answer.json()["code"] == "invalid_token"
        assert why in answer.json()["message"]
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="bookme", error="invalid_token", ')

    async def test_without_kid_when_several_keys_fit(self) -> None:
        keys = FixedKeys({"keys": jwks("one")["keys"] + jwks("two")["keys"]})
        with pytest.raises(Unauthorized, match="does not publish"):
            await verifier(keys).verify(token(header={"kid": None}))

    async def test_a_weak_key(self) -> None:
        weak = rsa.generate_private_key(65537, 1024)
        keys = FixedKeys({"keys": [{**RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True), "kid": "rsa"}]})
        with pytest.warns(UserWarning, match="1024"):
            bearer = token(weak)
        with pytest.raises(Unauthorized, match="malformed"):
            await verifier(keys).verify(bearer)


class TestScopes:
    @pytest.mark.parametrize(
        ("scope", "path", "status"),
        [
            ("bookme.read", "/read", 200),
            ("bookme.read", "/book", 403),
            ("bookme.book", "/read", 403),
            ("bookme.staff", "/read", 403),
            ("bookme.staff bookme.config", "/book", 403),
            ("bookme.read", "/both", 403),
            ("bookme.read bookme.staff", "/both", 200),
            ("", "/read", 403),
        ],
    )
    async def test_no_scope_implies_another(
        self, client: httpx.AsyncClient, scope: str, path: str, status: int
    ) -> None:
        assert (await get(client, token(scope=scope), path)).status_code == status

    async def test_the_refusal_names_what_is_needed(self, client: httpx.AsyncClient) -> None:
        answer = await get(client, token(scope="bookme.book"), "/both")
        assert answer.json()["code"] == "insufficient_scope"
        assert 'scope="bookme.read bookme.staff"' in answer.headers["WWW-Authenticate"]

    def test_openapi_shows_flow_and_scopes(self) -> None:
        document = make_app().openapi()
        flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
        assert flow["tokenUrl"] == "/oauth2/token"
        assert set(flow["scopes"]) == set(Scope)
        assert document["paths"]["/book"]["get"]["security"] == [{"oauth2": ["bookme.book"]}]
        assert document["paths"]["/both"]["get"]["security"] == [{"oauth2": ["bookme.read", "bookme.staff"]}]


class TestConfiguration:
    @pytest.mark.parametrize("algorithms", [["none"], ["HS256"], ["RS256", "HS512"], []])
    def test_only_asymmetric_algorithms_can_be_allowed(self, algorithms: list[str]) -> None:
        with pytest.raises(ValueError, match="BOOKME_AUTH_ALGORITHMS"):
            verifier(auth_algorithms=algorithms)

    def test_an_issuer_must_be_set(self) -> None:
        with pytest.raises(ValueError, match="BOOKME_AUTH_ISSUER"):
            issuer_of(Settings(auth_issuer=None, dev_issuer=False))

    def test_a_challenge_cannot_be_broken_out_of(self) -> None:
        value = challenge("invalid_token", 'a"b\\c\r\nSet-Cookie: é')
        assert value == """Bearer realm="bookme", error="invalid_token", error_description="a'b?c??Set-Cookie: ?\""""

    @pytest.mark.parametrize(
        "document",
        [
            None,
            [],
            {},
            {"keys": []},
            {"keys": {}},
            {"keys": [None, 1, {}, {"kty": "oct", "k": "c2VjcmV0", "kid": "rsa", "alg": "HS256"}]},
            {"keys": [{**jwks()["keys"][0], "use": "enc"}]},
            {"keys": [{**jwks()["keys"][0], "alg": "HS256"}]},
            {"keys": [{**jwks()["keys"][0], "n": None}]},
            {"keys": [{**jwks()["keys"][0], "kid": ["rsa"]}]},
            {"keys": [RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True)]},
        ],
    )
    def test_a_key_set_without_a_usable_key_is_refused(self, document: object) -> None:
        with pytest.raises(ValueError, match="no usable key"):
            FixedKeys(document)
