"""Composition root of the API process: reads the settings, connects what endpoints need, puts the parts together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
from fastapi import FastAPI

from activities.calendars import Calendars
from activities.feeds import Feeds
from activities.outbound import outbound_client, trusted
from api import errors
from api.admission import lanes
from api.bodies import CALENDAR, JSON
from api.bookings import Bookings
from api.compression import Compression
from api.dev_issuer import DevIssuer
from api.docs_page import OPENAPI, add_docs_page
from api.end_users import EndUsers
from api.engine import Engine
from api.feed_files import FeedFiles
from api.jwks import IssuerKeys
from api.limits import RateLimit, RequestScope
from api.metrics import Measured
from api.openapi import LICENCE, TAGS, contact, description, documented
from api.routers import (
    calendars,
    configuration,
    events,
    explanations,
    feeds,
    groups,
    health,
    invitations,
    meetings,
    organisation,
    people,
    rooms,
    time_slots,
    topics,
    webhooks,
)
from api.security_headers import SecurityHeaders, security_headers
from api.staff_rights import StaffRights
from api.state import Resources
from api.tokens import TokenVerifier, issuer_of
from bookme.engine import connect
from bookme.settings import Settings
from storage.database import Database


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application."""
    settings = settings or Settings()
    app = FastAPI(
        title="BookMe",
        version="1.0.0",
        description=description(),
        openapi_tags=TAGS,
        contact=contact(settings),
        license_info=LICENCE,
        servers=[{"url": settings.public_url.rstrip("/")}],
        lifespan=lifespan(settings),
        redirect_slashes=False,
        openapi_url=OPENAPI if settings.serve_docs else None,
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    app.add_middleware(Compression)
    app.add_middleware(RequestScope)
    app.add_middleware(Measured)
    app.state.security_headers = security_headers(settings.public_url)
    app.add_middleware(SecurityHeaders, headers=app.state.security_headers)
    if settings.serve_docs:
        add_docs_page(app, settings)
    if settings.dev_issuer:
        issuer = DevIssuer(settings)
        app.include_router(issuer.router)
        app.state.verifier = TokenVerifier.from_settings(settings, issuer.key_set)
    for resource in (
        topics,
        explanations,
        time_slots,
        meetings,
        rooms,
        invitations,
        configuration,
        organisation,
        people,
        groups,
        calendars,
        feeds,
        events,
        webhooks,
        health,
    ):
        app.include_router(resource.router)
    app.openapi = documented(app, settings)  # type: ignore[method-assign]  # FastAPI's documented way to change the document
    app.state.max_bytes = {JSON: settings.max_body_bytes, CALENDAR: settings.max_calendar_bytes}
    app.state.rate_limit = RateLimit(settings.rate_limit)
    app.state.feed_rate_limit = RateLimit(settings.feed_rate_limit)
    app.state.lanes = lanes(settings)
    return app


@asynccontextmanager
async def closing(database: Database) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await database.close()


def lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Connected while the app runs. Until the engine and the database are there, requests answer 503."""

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
        client = await connect(settings, lazy=True)
        engine = Engine(client, settings.task_queue)
        outside = outbound_client(private_too=settings.allow_private_addresses)
        calendars = Calendars(database, Feeds(outside, settings.max_calendar_bytes))
        app.state.resources = Resources(
            settings,
            database,
            engine,
            Bookings(engine, database),
            calendars,
            FeedFiles(database, settings.request_timeout),
            StaffRights(database, settings.staff_webhook_ttl),
            EndUsers(database),
        )
        async with httpx.AsyncClient(verify=trusted(), timeout=5) as http, outside, closing(database):
            if not settings.dev_issuer:
                keys = IssuerKeys(issuer_of(settings), http, jwks_url=settings.auth_jwks_url)
                app.state.verifier = TokenVerifier.from_settings(settings, keys)
            yield

    return connected
