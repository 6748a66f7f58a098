"""Documentation page that shows the OpenAPI document and sends requests: Swagger UI, without any other host."""

import base64
import hashlib
import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from config.settings import Settings

DOCS: Final = "/docs"
ASSETS: Final = "/static-offline-docs"
OPENAPI: Final = "/openapi.json"
PARAMETERS: Final = {"persistAuthorization": False, "tryItOutEnabled": True}
"""Options of Swagger UI. No token is persisted: it would stay in the browser's local storage after the visit.

Every script of this origin could read the token there.
"""

SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def add_docs_page(app: FastAPI, settings: Settings) -> None:
    """Serve the page at `/docs`."""
    # Relative addresses, so that a proxy may put a prefix before the path.
    page = get_swagger_ui_html(
        openapi_url=OPENAPI.lstrip("/"),
        title=f"{app.title} - Swagger UI",
        swagger_js_url=f"{ASSETS.lstrip('/')}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS.lstrip('/')}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS.lstrip('/')}/favicon.png",
        swagger_ui_parameters=PARAMETERS,
    )
    content = bytes(page.body).decode()
    headers = {"Content-Security-Policy": content_policy(content, settings.auth_issuer)}
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]))

    @app.api_route(DOCS, methods=["GET", "HEAD"], include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(content, headers=headers)


def content_policy(page: str, issuer: str | None) -> str:
    """Build the content security policy: own files, the inline script by its digest, and requests to the issuer."""
    digests = (hashlib.sha256(script.encode()).digest() for script in SCRIPT.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    origin = urlsplit(issuer or "")
    connect = f"'self' {origin.scheme}://{origin.netloc}" if issuer else "'self'"
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
