"""Identity of the operator who runs a command, for the log of operators' actions."""

import getpass
import os
import socket

import httpx

from api.auth.jwks import AuthorizationServerUnreachable, IssuerKeys
from api.auth.principals import Unauthorized
from api.auth.tokens import TokenVerifier, issuer_of
from config.errors import StackError
from config.settings import Settings
from integrations.http.outbound import trusted


async def find_actor(settings: Settings) -> str:
    """Return the subject of the access token in `operator_token`. Without a token, return the system user.

    The token must be valid for the API. It may be a user's own token, also if the API does not accept tokens of users.

    Raises:
        StackError: the token is not valid, or the issuer's keys cannot be fetched.

    """
    if settings.operator_token is None:
        return f"{_user_name()}@{socket.gethostname()}"
    try:
        issuer = issuer_of(settings)
        async with httpx.AsyncClient(verify=trusted(), timeout=5) as http:
            keys = IssuerKeys(issuer, http, jwks_url=settings.auth_jwks_url)
            verifier = TokenVerifier.from_settings(settings.model_copy(update={"accept_user_tokens": True}), keys)
            return (await verifier.verify(settings.operator_token.get_secret_value())).subject
    except Unauthorized as error:
        raise StackError(f"BOOKME_OPERATOR_TOKEN: {error.message}") from error
    except (AuthorizationServerUnreachable, ValueError) as error:
        raise StackError(f"BOOKME_OPERATOR_TOKEN cannot be verified: {error}") from error


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number without a name.
        return str(os.getuid())
