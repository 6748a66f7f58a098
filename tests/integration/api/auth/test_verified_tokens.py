"""Tokens that are remembered after their verification."""

import time

import jwt
import pytest

from api.auth.jwks import FixedKeys
from api.auth.principals import Principal, Unauthorized
from api.auth.tokens import LEEWAY, MOST_REMEMBERED, VerifiedToken, VerifiedTokens
from tests.integration.api.auth.signed_tokens import jwks, token, verifier

PRINCIPAL = Principal("shop", "shop", frozenset())


def key() -> jwt.PyJWK:
    found = FixedKeys(jwks()).get("rsa", "RS256")
    assert found is not None
    return found


KEY, OTHER_KEY = key(), key()


def verified(seconds: float = 3600) -> VerifiedToken:
    return VerifiedToken(PRINCIPAL, KEY, int(time.time() + seconds))


def test_a_token_is_found_with_the_key_that_verified_it() -> None:
    tokens = VerifiedTokens()
    tokens.add("a", verified())
    assert tokens.find("a", KEY) == PRINCIPAL
    assert tokens.find("b", KEY) is None
    assert tokens.find("a", OTHER_KEY) is None


def test_a_token_is_not_found_after_its_expiry() -> None:
    tokens = VerifiedTokens()
    tokens.add("late", verified(seconds=5 - LEEWAY))
    tokens.add("expired", verified(seconds=-1 - LEEWAY))
    assert tokens.find("late", KEY) == PRINCIPAL
    assert tokens.find("expired", KEY) is None


def test_the_token_that_was_used_longest_ago_is_forgotten() -> None:
    tokens = VerifiedTokens()
    for number in range(MOST_REMEMBERED):
        tokens.add(str(number), verified())
    tokens.find("0", KEY)
    tokens.add("new", verified())
    assert tokens.find("0", KEY) == PRINCIPAL
    assert tokens.find("1", KEY) is None


async def test_a_changed_token_is_refused_after_the_good_one() -> None:
    believing, good = verifier(), token()
    assert await believing.verify(good) == await believing.verify(good)
    head, body, signature = good.split(".")
    with pytest.raises(Unauthorized):
        await believing.verify(f"{head}.{body}.{signature[:-8]}AAAAAAAA")
    with pytest.raises(Unauthorized):
        await believing.verify(".".join([head, token(scope="bookme.staff").split(".")[1], signature]))
