"""Forged, foreign and stale access tokens, and floods of them, against the API with an issuer of its own.

What else is wrong with a token, and what is right, is in `tests/integration/api/auth/test_access_tokens.py`.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI

from api.auth import jwks
from api.middleware.limits import RateLimit
from config.settings import Settings
from tests.integration.api.support import eventually, problem
from tests.security.support.issuer import KID, Issuer, encoded, hs256, jwk_of, rs256, serving

EVIL: Final = rsa.generate_private_key(65537, 2048)
FLOOD: Final = 200

Forgery = Callable[[Issuer, str], str]


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with serving() as issuer:
        yield issuer


@pytest.fixture
async def evil() -> AsyncIterator[Issuer]:
    """Serves keys that nobody should ask for."""
    async with serving(EVIL) as issuer:
        yield issuer


@pytest.fixture
def settings(settings: Settings, issuer: Issuer) -> Settings:
    return settings.model_copy(update={"dev_issuer": False, "auth_issuer": issuer.url})


async def ask(http: httpx.AsyncClient, bearer: str) -> httpx.Response:
    return await http.get("/config/rooms", headers={"Authorization": f"Bearer {bearer}"})


def with_public_key_as_secret(form: Callable[[rsa.RSAPublicKey], bytes]) -> Forgery:
    """The classic: the public key is no secret, so whoever has it could be anybody (RFC 8725 section 2.1)."""
    return lambda issuer, _: issuer.token(header={"alg": "HS256"}, sign=hs256(form(issuer.key.public_key())))


def with_header(**header: Any) -> Forgery:  # noqa: ANN401 - any JSON
    return lambda issuer, _: issuer.token(header=header)


def signed_by_evil(**header: Any) -> Forgery:  # noqa: ANN401 - any JSON
    return lambda issuer, _: issuer.token(sign=rs256(EVIL), header=header)


def fetched_from_evil(name: str) -> Forgery:
    return lambda issuer, url: issuer.token(sign=rs256(EVIL), header={name: f"{url}/keys", "kid": "evil"})


def with_claims(**claims: Any) -> Forgery:  # noqa: ANN401 - any JSON
    return lambda issuer, _: issuer.token(**claims)


def twice(issuer: Issuer, _: str) -> str:
    """Two issuers, of which another reader might take the first."""
    payload = json.dumps(issuer._claims())
    return issuer.token(payload=(payload[:-1] + ', "iss": "https://evil.example"}').encode())


PUBLIC_KEY_FORMS: Final[dict[str, Callable[[rsa.RSAPublicKey], bytes]]] = {
    "PEM": lambda key: key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "PEM without its last line break": lambda key: key.public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).rstrip(),
    "PKCS 1": lambda key: key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
    "DER": lambda key: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "modulus": lambda key: key.public_numbers().n.to_bytes(256),
}
FORGED: Final[dict[str, Forgery]] = {
    **{
        f"HS256 with the public key as {name}": with_public_key_as_secret(form)
        for name, form in PUBLIC_KEY_FORMS.items()
    },
    "HS256 with the public JWK": lambda issuer, _: issuer.token(
        header={"alg": "HS256"}, sign=hs256(json.dumps(jwk_of(issuer.key)).encode())
    ),
    "HS256 with nothing": lambda issuer, _: issuer.token(header={"alg": "HS256"}, sign=hs256(b"")),
    "none": lambda issuer, _: issuer.token(header={"alg": "none"}, sign=lambda _: b""),
    "none with a good signature": with_header(alg="nOnE"),
    "no signature": lambda issuer, _: issuer.token(sign=lambda _: b""),
    "an ES256 signature of zeros": lambda issuer, _: issuer.token(header={"alg": "ES256"}, sign=lambda _: bytes(64)),
    "another's key": signed_by_evil(),
    "its own key in the header": signed_by_evil(jwk=jwk_of(EVIL)),
    "its own key in the header, by that name": signed_by_evil(jwk=jwk_of(EVIL, "evil"), kid="evil"),
    "its own certificate": signed_by_evil(x5c=[encoded(b"certificate")], kid=None),
    "keys fetched from evil (jku)": fetched_from_evil("jku"),
    "keys fetched from evil (x5u)": fetched_from_evil("x5u"),
    "keys fetched from where kid says": lambda issuer, url: issuer.token(
        sign=rs256(EVIL), header={"kid": f"{url}/keys"}
    ),
    "kid is a path": with_header(kid="../../../../dev/null"),
    "kid is a path to a public file": with_header(kid="/etc/passwd"),
    "kid is SQL": with_header(kid="' UNION SELECT 'secret' --"),
    "kid is a command": with_header(kid="key-1; touch /tmp/evil"),
    "kid has a NUL": with_header(kid=f"{KID}\0"),
    "kid has line breaks": with_header(kid=f"{KID}\r\nSet-Cookie: evil"),
    "kid is 10 KB": with_header(kid="k" * 10_240),
    "kid is a list": with_header(kid=[KID]),
    "an unknown extension (crit)": with_header(crit=["evil"], evil=True),
    "unencoded (b64)": with_header(crit=["b64"], b64=False),
    "an empty crit": with_header(crit=[]),
    "another issuer": with_claims(iss="https://evil.example"),
    "the issuer with a slash": lambda issuer, _: issuer.token(iss=f"{issuer.url}/"),
    "two issuers": twice,
    "another audience": with_claims(aud="another"),
    "part of the audience's name": with_claims(aud="book"),
    "expired": with_claims(exp=time.time() - 3600),
    "without an end": with_claims(exp=None),
    "not yet valid": with_claims(nbf=time.time() + 3600),
    "another type": with_header(typ="logout+jwt"),
    "a megabyte": with_claims(filler="x" * 1_000_000),
    "half a megabyte of dots": lambda issuer, _: issuer.token() + "." * 500_000,
    "five parts": lambda issuer, _: issuer.token() + ".e30.e30",
    "claims ten thousand levels deep": lambda issuer, _: issuer.token(payload=b'{"a":' + b"[" * 10_000),
}


async def test_each_forged_token_is_refused(http: httpx.AsyncClient, issuer: Issuer, evil: Issuer) -> None:
    believed = {}
    for name, forgery in FORGED.items():
        answer = await ask(http, forgery(issuer, evil.url))
        told = problem(answer, 401)["message"] if answer.status_code == 401 else ""
        challenge = answer.headers.get("www-authenticate", "")
        if 'error="invalid_token"' not in challenge or told.replace('"', "'") not in challenge or "evil" in answer.text:
            believed[name] = answer
    assert believed == {}
    assert evil.fetched == []
    assert (await ask(http, issuer.token())).status_code == 200


async def test_a_token_at_its_longest_is_believed(http: httpx.AsyncClient, issuer: Issuer) -> None:
    """Else any of the long ones above might be refused for nothing but its length."""
    assert (await ask(http, issuer.token(filler="x" * 10_000))).status_code == 200
    assert (
        await ask(http, issuer.token(header={"jwk": jwk_of(EVIL), "jku": "https://evil.example"}))
    ).status_code == 200


class TestFlood:
    """Of tokens that each name another key, for which the API might ask its issuer."""

    @pytest.fixture
    def forged(self, issuer: Issuer) -> list[str]:
        return [issuer.token(sign=rs256(EVIL), header={"kid": f"unknown-{number}"}) for number in range(FLOOD)]

    async def flood(self, http: httpx.AsyncClient, forged: list[str]) -> set[int]:
        return {answer.status_code for answer in await asyncio.gather(*(ask(http, each) for each in forged))}

    async def test_the_issuer_is_asked_seldom(self, http: httpx.AsyncClient, issuer: Issuer, forged: list[str]) -> None:
        began = time.monotonic()
        for _ in range(2):
            assert await self.flood(http, forged) == {401}
        assert issuer.fetched.count("/keys") <= 1 + (time.monotonic() - began) // jwks.COOLDOWN

    async def test_good_tokens_work_while_the_issuer_does_not_answer(
        self, http: httpx.AsyncClient, issuer: Issuer, forged: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (await ask(http, issuer.token())).status_code == 200
        monkeypatch.setattr(jwks, "COOLDOWN", 0)
        before = len(issuer.fetched)
        issuer.open.clear()
        flood = asyncio.create_task(self.flood(http, forged))
        await eventually(lambda: waited_for(issuer, before))
        async with asyncio.timeout(jwks.FETCH_TIMEOUT / 2):
            for _ in range(20):
                assert (await ask(http, issuer.token())).status_code == 200
        assert not flood.done()
        issuer.open.set()
        assert await flood == {401}

    async def test_a_new_key_is_found_all_the_same(
        self, http: httpx.AsyncClient, issuer: Issuer, forged: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jwks, "COOLDOWN", 0.2)
        assert await self.flood(http, forged[:10]) == {401}
        issuer.kid = "key-2"

        async def is_believed() -> bool:
            _, answer = await asyncio.gather(self.flood(http, forged[:10]), ask(http, issuer.token()))
            return answer.status_code == 200

        await eventually(is_believed)

    async def test_what_is_forged_in_a_clients_name_uses_up_nothing_of_it(
        self, app: FastAPI, http: httpx.AsyncClient, issuer: Issuer, forged: list[str]
    ) -> None:
        app.state.rate_limit = RateLimit("2/minute")
        assert await self.flood(http, forged[:20]) == {401}
        assert [(await ask(http, issuer.token())).status_code for _ in range(3)] == [200, 200, 429]


async def waited_for(issuer: Issuer, before: int) -> bool:
    return len(issuer.fetched) > before
