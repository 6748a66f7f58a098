"""Composition root of the API process: reads the settings, creates the resources and assembles the application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

import httpx
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from activities.calendars import Calendars
from api.auth.dev_issuer import DevIssuer
from api.auth.end_users import EndUsers
from api.auth.jwks import IssuerKeys
from api.auth.staff_rights import StaffRights
from api.auth.tokens import TokenVerifier, issuer_of
from api.demo_pages import add_demo_pages
from api.dependencies import Resources
from api.feeds.files import FeedFiles
from api.http.bodies import CALENDAR, JSON
from api.http.errors import HANDLERS, add_bug_answers
from api.metrics.state import state_measured
from api.middleware.admission import lanes
from api.middleware.compression import Compression
from api.middleware.cors import cors_options
from api.middleware.limits import RateLimit
from api.middleware.metrics import Measured
from api.middleware.request_scope import RequestScope
from api.middleware.security_headers import SecurityHeaders, security_headers
from api.openapi import LICENCE, TAGS, contact, description, documented
from api.openapi.discovery import CATALOG, LLMS, add_discovery
from api.openapi.docs_page import ASSETS, DOCS, OPENAPI, add_docs_page
from api.problems import pages
from api.problems.names import PATH as PROBLEMS
from api.routers import (
    events,
    explanations,
    feeds,
    health,
    invitations,
    meetings,
    rooms,
    start_page,
    time_slots,
    webhooks,
)
from api.routers.configuration import calendars, organisation, records, topics, working_hours
from api.routers.configuration import lookups as configuration
from api.sandbox import router as sandbox
from api.sandbox.faults import Faults
from api.sandbox.header import IN_A_SANDBOX, ClockHeader
from api.temporal.bookings import Bookings
from api.temporal.gateway import TemporalGateway
from api.temporal.meetings import Meetings
from config.settings import Settings
from config.temporal import connect
from config.tracing import OFF, Tracing
from integrations.calendars.feeds import Feeds
from integrations.http.outbound import outbound_client, trusted
from storage.availability.index import AvailabilityIndex
from storage.database import Database

PUBLIC: Final = (DOCS, OPENAPI, ASSETS, PROBLEMS, LLMS, CATALOG)
"""First parts of the paths of documents that are the same for everybody."""


def create_app(settings: Settings | None = None, tracing: Tracing = OFF) -> FastAPI:
    """Create the ASGI application. Without `settings`, read them from the environment."""
    settings = settings or Settings()
    app = FastAPI(
        title="BookMe",
        version="1.0.0",
        description=description(),
        openapi_tags=[*TAGS, sandbox.TAG] if settings.sandbox else TAGS,
        contact=contact(settings),
        license_info=LICENCE,
        servers=[{"url": settings.public_url.rstrip("/")}],
        lifespan=lifespan(settings, tracing),
        telemetry=tracing.http_server,
        exception_handlers=HANDLERS,
        redirect_slashes=False,
        openapi_url=OPENAPI if settings.serve_docs else None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.public_url = settings.public_url
    add_middleware(app, settings)
    if settings.sandbox:
        app.include_router(sandbox.router)
    if settings.serve_docs:
        add_docs_page(app, settings)
        add_discovery(app, settings)
    if settings.dev_issuer:
        issuer = DevIssuer(settings)
        app.include_router(issuer.router)
        app.state.verifier = TokenVerifier.from_settings(settings, issuer.key_set)
        if settings.demo_pages:
            add_demo_pages(app, settings.demo_pages, issuer)
    for resource in (
        topics,
        explanations,
        time_slots,
        meetings,
        rooms,
        working_hours,
        invitations,
        configuration,
        organisation,
        records,
        calendars,
        feeds,
        events,
        webhooks,
        health,
        start_page,
        pages,
    ):
        app.include_router(resource.router)
    if settings.metrics_address is None:
        app.include_router(health.metrics_router)
    app.openapi = documented(app, settings)  # type: ignore[method-assign]  # FastAPI's documented way to change the document
    app.state.max_bytes = {JSON: settings.max_body_bytes, CALENDAR: settings.max_calendar_bytes}
    return app


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """Add the middleware, from the innermost to the outermost."""
    add_bug_answers(app)
    app.add_middleware(Compression)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **cors_options(settings.cors_origins))
    app.add_middleware(RequestScope)
    app.add_middleware(Measured)
    app.state.security_headers = security_headers(settings.public_url)
    if settings.sandbox:
        app.state.security_headers |= IN_A_SANDBOX
        app.add_middleware(ClockHeader)
    app.add_middleware(SecurityHeaders, headers=app.state.security_headers, public=PUBLIC)


def lifespan(settings: Settings, tracing: Tracing = OFF) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan that creates the resources and closes them at the end.

    Until Temporal and the database can be reached, requests are answered with 503.
    """

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        opened = partial(Database, settings.database_url.get_secret_value(), sandbox=settings.sandbox)
        database = opened(pool_size=settings.database_pool_size)
        metrics_database = opened(pool_size=1)
        tracing.trace_statements(database.engine)
        client = await connect(settings, lazy=True, tracing=tracing)
        engine = TemporalGateway(client, settings.task_queue)
        outside = outbound_client(private_too=settings.allow_private_addresses, traced=tracing.trace_requests)
        calendars = Calendars(database, Feeds(outside, settings.max_calendar_bytes))
        app.state.rate_limit = RateLimit(settings.rate_limit)
        app.state.feed_rate_limit = RateLimit(settings.feed_rate_limit, "feed")
        app.state.lanes = lanes(settings)
        app.state.faults = Faults(database) if settings.sandbox else None
        app.state.resources = Resources(
            settings,
            database,
            engine,
            Bookings(engine, database, show_names=settings.show_employee_names),
            Meetings(engine, database, show_names=settings.show_employee_names),
            calendars,
            FeedFiles(database, settings.request_timeout),
            StaffRights(database, settings.staff_webhook_ttl),
            EndUsers(database),
            AvailabilityIndex(database),
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(tracing.aclose)
            stack.push_async_callback(database.close)
            stack.push_async_callback(metrics_database.close)
            await stack.enter_async_context(state_measured(metrics_database, client))
            await stack.enter_async_context(outside)
            http = await stack.enter_async_context(httpx.AsyncClient(verify=trusted(), timeout=5))
            if not settings.dev_issuer:
                keys = IssuerKeys(issuer_of(settings), http, jwks_url=settings.auth_jwks_url)
                app.state.verifier = TokenVerifier.from_settings(settings, keys)
            yield

    return connected
