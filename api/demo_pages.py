"""Pages of the development stack at `/demo`: a booking page and a staff board. Their source is `examples/booking-page`.

Every visitor gets an access token without a login. So the pages need the development issuer.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Header, Query, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.staticfiles import StaticFiles

from api.auth.dev_issuer import LIFETIME, NO_STORE, DevIssuer
from api.auth.principals import Scope

BOOKING: Final = "/demo"
BOARD: Final = "/demo/board"
ASSETS: Final = "/demo/assets"
TOKENS: Final = "/demo/token"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
"""Content security policy of the pages: files and requests of this origin, no inline script or style."""

SCOPES: Final = {"booking": (Scope.READ, Scope.BOOK), "board": (Scope.READ, Scope.STAFF)}
"""Scopes of the access tokens, by page."""

Visitor = Annotated[str, Query(pattern="^[0-9a-z-]{8,40}$", description="Random id that the page has chosen.")]


def add_demo_pages(app: FastAPI, files: Path, issuer: DevIssuer) -> None:
    """Serve the built pages in this directory, and their access tokens."""
    headers = {"Content-Security-Policy": POLICY}

    async def booking() -> FileResponse:
        return FileResponse(files / "index.html", headers=headers)

    async def board() -> FileResponse:
        return FileResponse(files / "board.html", headers=headers)

    async def token(
        page: Literal["booking", "board"],
        visitor: Visitor,
        sec_fetch_site: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Answer an access token. Each visitor is a client of its own, as each user is in production."""
        if sec_fetch_site not in (None, "same-origin"):
            return JSONResponse({"error": "access_denied"}, 403, NO_STORE)
        body: dict[str, Any] = {
            "access_token": issuer.issue(f"demo-{page}-{visitor}", SCOPES[page]),
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
        }
        return JSONResponse(body, headers=NO_STORE)

    readable = ["GET", "HEAD"]
    app.add_api_route(BOOKING, booking, methods=readable, include_in_schema=False)
    app.add_api_route(BOARD, board, methods=readable, include_in_schema=False)
    app.add_api_route(TOKENS, token, methods=["POST"], include_in_schema=False)
    app.mount(ASSETS, StaticFiles(directory=files / "assets"))
