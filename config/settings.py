"""Settings, read once per process from `BOOKME_*` environment variables (and `.env`). See docs/operations.md.

The connection to the workflow engine is set by Temporal's standard variables: `TEMPORAL_ADDRESS`,
`TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from config.issuers import is_authentic
from domain.mail_addresses import normalised_address


def _postgresql(url: SecretStr) -> SecretStr:
    """Check that the URL is one of PostgreSQL. The error must not show the URL, which contains a password."""
    try:
        parsed = make_url(url.get_secret_value())
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        message = "must be like postgresql://user:password@host:port/database"
        raise ValueError(message)
    return url


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        message = "must be longer than zero"
        raise ValueError(message)
    return duration


Duration = Annotated[timedelta, AfterValidator(_positive)]
"""ISO 8601 (`PT5M`) or `hh:mm:ss`, longer than zero."""


def _authentic(address: str) -> str:
    if not is_authentic(address):
        message = "must be https, or http on loopback: else whoever is on the way could make any token"
        raise ValueError(message)
    return address


IssuerAddress = Annotated[str, AfterValidator(_authentic)]

MailAddress = Annotated[str, AfterValidator(normalised_address)]


class Settings(BaseSettings):
    """All settings. The description of each field is its documentation."""

    model_config = SettingsConfigDict(
        hide_input_in_errors=True,
        env_prefix="BOOKME_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    database_url: Annotated[SecretStr, AfterValidator(_postgresql)] = Field(
        SecretStr("postgresql://bookme@127.0.0.1:5432/bookme"),
        description="PostgreSQL 14 or later: `postgresql://user:password@host:port/database`.",
    )
    migration_database_url: Annotated[SecretStr, AfterValidator(_postgresql)] | None = Field(
        None,
        description="The same database as its owner, for `bookme migrate` alone, which then grants the role of "
        "`BOOKME_DATABASE_URL` the rows of all tables; not set, one role does both.",
    )
    database_pool_size: int = Field(
        10,
        ge=1,
        le=200,
        description="Database connections that one process keeps open. A worker takes as many steps at once.",
    )
    reservation_ttl: Duration = Field(timedelta(minutes=5), description="How long a hold (`Reserved`) lives.")
    booked_ttl: Duration = Field(
        timedelta(minutes=15), description="How long a `Booked` time slot waits for its meeting."
    )
    reminders: tuple[Duration, ...] = Field(
        (timedelta(days=1), timedelta(hours=1)),
        description="How long before a meeting its `meeting.reminder` events come (JSON list). Whole days are days of "
        "the calendar in the organisation's time zone.",
    )
    least_reservation: Duration = Field(
        timedelta(minutes=5), description="How long a reserved time slot is at least; a shorter one answers 400."
    )
    request_timeout: Duration = Field(
        timedelta(seconds=10),
        description="How long a request may take before it answers 503; one that reads a calendar has a minute.",
    )
    task_queue: str = Field("bookings", min_length=1, description="Temporal task queue of API and workers.")
    worker_role: Literal["all", "bookings", "deliveries"] = Field(
        "all",
        description="The work of a worker process: `deliveries` to webhooks, `bookings` (everything else), or `all`. "
        "Every deployment needs both.",
    )
    workflow_sandbox: bool = Field(
        False,
        description="Run workflows in the SDK's sandbox, which stops a workflow that looks at the clock or the disk. "
        "The tests do; it costs a worker much of its CPU.",
    )
    payload_key: SecretStr | None = Field(
        None, description="32 bytes in base64: encrypts everything that BookMe stores in Temporal (AES-256-GCM)."
    )
    payload_keys_retired: tuple[SecretStr, ...] = Field(
        (), description="Former payload keys (JSON list): they still decrypt what is stored, and encrypt nothing."
    )
    max_holds: int = Field(2000, ge=1, description="Live holds that one client may have at once; more answers 429.")
    max_end_user_holds: int = Field(
        5, ge=1, description="Live holds that one end user (`BookMe-End-User`) may have at once; more answers 429."
    )
    max_renewals: int = Field(
        10,
        ge=1,
        description="How often one end user may hold the same time of an employee or a room within a day; more answers "
        "429.",
    )
    rate_limit: str = Field(
        "60000/minute", description="Requests that one client may send to one API process; more answers 429."
    )
    feed_rate_limit: str = Field(
        "30/minute", description="Readings of one published calendar feed by one API process; more answers 429."
    )
    staff_webhook_ttl: Duration = Field(
        timedelta(days=7),
        description="How long a webhook with `everyClient` is sent every client's events after the last request of its "
        "client with `bookme.staff`.",
    )
    max_in_flight: int = Field(
        200,
        ge=1,
        description="Bookings and changes that one API process has in flight, of one client at most three quarters; "
        "more answers 503 at once.",
    )
    max_searches_in_flight: int = Field(
        50, ge=1, description="The same for searches: free time slots, explanations, vacant rooms."
    )
    max_reads_in_flight: int = Field(100, ge=1, description="The same for all other reads.")
    max_connections: int = Field(
        1000, ge=1, description="Connections that one API process keeps open at once; more are answered 503 and closed."
    )
    max_body_bytes: int = Field(262_144, ge=1024, description="Largest request body, in bytes; more answers 413.")
    max_calendar_bytes: int = Field(
        4_194_304, ge=1024, description="Largest calendar, in bytes: a file that is sent (else 413), or a feed."
    )
    calendar_refresh: Duration = Field(
        timedelta(minutes=15),
        description="How often calendar feeds of employees and rooms are read; set by `bookme migrate`.",
    )
    allow_private_addresses: bool = Field(
        False,
        description="Let calendar feeds and webhooks be at private and loopback addresses, webhooks also by `http`; "
        "else only at public ones.",
    )
    max_webhooks: int = Field(20, ge=1, le=500, description="Webhooks that one client may register; more answers 409.")
    max_deliveries_per_client: int = Field(
        10, ge=1, le=100, description="Requests to the webhooks of one client that are under way at once."
    )
    max_deliveries_per_webhook: int = Field(
        5, ge=1, le=100, description="Requests to one webhook that are under way at once."
    )
    smtp_host: str | None = Field(
        None, description="The mail server that sends invitations (SMTP submission); not set, none are sent."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="`starttls`, `tls` (from the start, usually port 465), or `none`: in clear, nothing secret.",
    )
    smtp_username: str | None = Field(None, description="Whom to log in as at the mail server, if it wants that.")
    smtp_password: SecretStr | None = Field(None, description="The password to log in with.")
    smtp_from: MailAddress | None = Field(
        None, description="The address that invitations come from; the organisation's own when not set."
    )
    public_url: str = Field("http://127.0.0.1:8000", description="The address at which clients reach the API.")
    serve_docs: bool = Field(
        True,
        description="Serve the OpenAPI document and a page to try it (`/openapi.json`, `/docs`); else both answer 404.",
    )
    auth_issuer: IssuerAddress | None = Field(
        None, description="The OIDC issuer whose access tokens are accepted: https, or http on loopback."
    )
    auth_audience: str = Field("bookme", description="The audience (`aud`) that an access token must name.")
    accept_user_tokens: bool = Field(
        False,
        description="Accept access tokens of users too, each user as a client of its own (`user:{client}:{sub}`); "
        "else only tokens that clients got for themselves.",
    )
    auth_algorithms: tuple[str, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"), description="Signature algorithms accepted (JSON list)."
    )
    auth_jwks_url: IssuerAddress | None = Field(
        None,
        description="The issuer's keys, https or http on loopback; found by the issuer's discovery document when not "
        "set.",
    )
    dev_issuer: bool = Field(False, description="DEVELOPMENT ONLY: serve our own token issuer, for anyone who asks.")
    dev_issuer_secret: SecretStr = Field(
        SecretStr("bookme-development"), description="Client secret that the development issuer accepts."
    )
    dev_issuer_key: Path = Field(
        Path(".bookme/dev-issuer.pem"), description="Signing key of the development issuer; made when missing."
    )
    worker_metrics_address: str | None = Field(
        None, description="`host:port` where a worker serves its Prometheus metrics."
    )
    log_level: str = Field("INFO", description="Least severe level that is logged: DEBUG, INFO, WARNING, ERROR.")

    @property
    def delivery_task_queue(self) -> str:
        """Temporal task queue of deliveries to webhooks, separate so that bookings do not wait for deliveries."""
        return f"{self.task_queue}-deliveries"

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if (self.smtp_username is None) is not (self.smtp_password is None):
            message = "BOOKME_SMTP_USERNAME and BOOKME_SMTP_PASSWORD go together: set both, or neither"
            raise ValueError(message)
        if self.smtp_username is not None and self.smtp_security == "none":
            message = "BOOKME_SMTP_SECURITY=none would show the password to everybody on the way: use starttls or tls"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        if self.dev_issuer and self.auth_issuer:
            message = "BOOKME_DEV_ISSUER and BOOKME_AUTH_ISSUER exclude each other: unset one"
            raise ValueError(message)
        return self
