"""Access tokens of the development issuer."""

from collections.abc import Callable

import httpx

from config.errors import StackError
from config.ports import LOOPBACK


def fetch_token(url: str, client: str, secret: str, scope: str | None) -> str:
    """Return an access token of the development issuer.

    Raises:
        StackError: the issuer cannot be reached or gives no token.

    """
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    form |= {"scope": scope} if scope else {}
    with http_to(url) as http:
        answer = _sent(lambda: http.post("/oauth2/token", data=form), url)
    if answer.is_success:
        return str(answer.json()["access_token"])
    raise StackError(f"{url} gives no token: {_refusal(answer)}")


def http_to(url: str) -> httpx.Client:
    """Return an HTTP client for a server that may run on this machine."""
    # A server on loopback is not behind the proxy that the environment may name.
    trust_env = httpx.URL(url).host not in {LOOPBACK, "localhost"}
    return httpx.Client(base_url=url, timeout=30, trust_env=trust_env)


def _sent(send: Callable[[], httpx.Response], url: str) -> httpx.Response:
    try:
        return send()
    except httpx.RequestError as error:
        problem = str(error) or type(error).__name__
        raise StackError(f"No BookMe answers at {url} ({problem}): start one with `bookme dev`.") from error


def _refusal(answer: httpx.Response) -> str:
    """Return status and text of an error. BookMe has the text in `detail`, an OAuth2 issuer in `error_description`."""
    try:
        body = answer.json()
        words = body.get("detail") or body.get("message") or body.get("error_description")
    except (ValueError, AttributeError):
        words = None
    return f"{answer.status_code} {words or answer.reason_phrase}"
