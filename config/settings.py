"""Settings, read once per process from `BOOKME_*` environment variables (and `.env`). See docs/operations/settings.md.

The connection to the workflow engine is set by Temporal's standard variables: `TEMPORAL_ADDRESS`,
`TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from config.agent_settings import AgentSettings
from config.mail_settings import MailSettings
from config.setting_types import (
    ANY_ORIGIN,
    DatabaseUrl,
    Duration,
    DurationOrZero,
    ListeningAddress,
    WebAddress,
    WebOrigin,
)
from config.token_settings import TokenSettings


class Settings(MailSettings, TokenSettings, AgentSettings):
    """All settings. The description of each field is its documentation."""

    model_config = SettingsConfigDict(
        hide_input_in_errors=True,
        env_prefix="BOOKME_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    database_url: DatabaseUrl = Field(
        SecretStr("postgresql://bookme@127.0.0.1:5432/bookme"),
        description="PostgreSQL 14 or later: `postgresql://user:password@host:port/database`.",
    )
    migration_database_url: DatabaseUrl | None = Field(
        None,
        description="URL of the same database with the role of its owner. Only `bookme migrate` uses it. The "
        "command then grants the role of `BOOKME_DATABASE_URL` the rows of all tables. If not set, one role "
        "does both.",
    )
    database_pool_size: int = Field(
        10,
        ge=1,
        le=200,
        description="Database connections that one process keeps open. A worker runs the same number of steps at once.",
    )
    reservation_ttl: Duration = Field(timedelta(minutes=5), description="Time until a hold (`Reserved`) expires.")
    booked_ttl: Duration = Field(
        timedelta(minutes=15), description="Time that a `Booked` time slot waits for its meeting."
    )
    hold_extension: DurationOrZero | None = Field(
        None,
        description="Time by which a client can extend a hold once. Zero: never. If not set, as long as the hold "
        "lives without it: `BOOKME_RESERVATION_TTL` or `BOOKME_BOOKED_TTL`.",
    )
    reminders: tuple[Duration, ...] = Field(
        (timedelta(days=1), timedelta(hours=1)),
        description="Intervals before a meeting at which its `meeting.reminder` events come (JSON list). Whole "
        "days are calendar days in the organisation's time zone.",
    )
    least_reservation: Duration = Field(
        timedelta(minutes=5), description="Minimum duration of a reserved time slot. A shorter one is answered 400."
    )
    request_timeout: Duration = Field(
        timedelta(seconds=10),
        description="Maximum duration of a request. A longer request is answered 503. A request that reads a "
        "calendar has one minute.",
    )
    task_queue: str = Field("bookings", min_length=1, description="Temporal task queue of API and workers.")
    worker_role: Literal["all", "bookings", "deliveries"] = Field(
        "all",
        description="Work of a worker process: `deliveries` to webhooks, `bookings` (everything else), or `all`. "
        "Every deployment needs both.",
    )
    build_id: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$",
        max_length=128,
        description="Release of a worker, such as `0.3.0`. Workers of several releases can then run side by side, and "
        "`bookme deploy` says which release gets new bookings. If not set, every worker gets every task.",
    )
    shutdown_delay: DurationOrZero = Field(
        timedelta(0),
        description="Time that an API process still serves requests after SIGTERM, while `/health/ready` answers 503. "
        "Set it longer than your load balancer needs to notice the 503.",
    )
    workflow_sandbox: bool = Field(
        False,
        description="Run workflows in the SDK's sandbox, which stops a workflow that reads the clock or the disk. "
        "The tests use the sandbox. It costs a worker much of its CPU time.",
    )
    payload_key: SecretStr | None = Field(
        None,
        description="Key of 32 bytes in base64. BookMe encrypts everything that it stores in Temporal with this "
        "key (AES-256-GCM).",
    )
    payload_keys_retired: tuple[SecretStr, ...] = Field(
        (), description="Former payload keys (JSON list). They still decrypt stored data, and encrypt nothing."
    )
    codec_namespaces: tuple[str, ...] = Field(
        (),
        description="Namespaces of Temporal whose data `bookme codec` decrypts (JSON list). If empty, the namespace of "
        "the Temporal connection.",
    )
    max_holds: int = Field(
        2000,
        ge=1,
        description="Maximum number of holds that one client has at once, without expired holds. More are "
        "answered 429.",
    )
    max_end_user_holds: int = Field(
        5,
        ge=1,
        description="Maximum number of holds that one end user (`BookMe-End-User`) has at once, without expired "
        "holds. More are answered 429.",
    )
    max_renewals: int = Field(
        10,
        ge=1,
        description="Maximum number of times that one end user can hold the same time of an employee or a room "
        "within a day. More are answered 429.",
    )
    rate_limit: str = Field(
        "60000/minute",
        description="Maximum rate of requests from one client to one API process. More are answered 429.",
    )
    feed_rate_limit: str = Field(
        "30/minute",
        description="Maximum rate of requests for one published calendar feed to one API process. More are "
        "answered 429.",
    )
    staff_webhook_ttl: Duration = Field(
        timedelta(days=7),
        description="How long a webhook with `everyClient` gets the events of every client after the last request "
        "of its client with `bookme.staff`.",
    )
    max_in_flight: int = Field(
        200,
        ge=1,
        description="Maximum number of bookings and changes that one API process has in flight. One client can "
        "have at most three quarters of them. More are answered 503 at once.",
    )
    max_searches_in_flight: int = Field(
        50, ge=1, description="The same maximum for searches: free time slots, explanations, vacant rooms."
    )
    max_reads_in_flight: int = Field(100, ge=1, description="The same maximum for all other reads.")
    max_connections: int = Field(
        1000,
        ge=1,
        description="Maximum number of connections that one API process keeps open at once. More are answered 503 "
        "and closed.",
    )
    max_body_bytes: int = Field(
        262_144, ge=1024, description="Maximum size of a request body, in bytes. A larger body is answered 413."
    )
    max_calendar_bytes: int = Field(
        4_194_304,
        ge=1024,
        description="Maximum size of a calendar feed or of an uploaded calendar file, in bytes. A larger file is "
        "answered 413.",
    )
    calendar_refresh: Duration = Field(
        timedelta(minutes=15),
        description="Interval at which BookMe reads the calendar feeds of employees and rooms. `bookme migrate` "
        "sets the interval.",
    )
    keep_events: Annotated[timedelta, Field(ge=timedelta(days=7))] = Field(
        timedelta(days=365),
        description="How long events are kept. A reader whose cursor is older is answered 410 `CURSOR_EXPIRED`. At "
        "least seven days.",
    )
    keep_deliveries: Annotated[timedelta, Field(ge=timedelta(days=7))] = Field(
        timedelta(days=90),
        description="How long ended deliveries to webhooks are kept, with their attempts. At least seven days.",
    )
    keep_refused_steps: Annotated[timedelta, Field(ge=timedelta(days=1))] = Field(
        timedelta(days=1),
        description="How long refusals of steps are kept. They guard against a worker that was paused for that long. "
        "At least one day.",
    )
    keep_mails: Duration = Field(
        timedelta(days=365), description="How long the records of mails are kept, from the end of their meeting."
    )
    keep_meeting_texts: Duration = Field(
        timedelta(days=365),
        description="How long title, description, video link and cancellation reason of a meeting are kept, from its "
        "end. The rest of the meeting stays.",
    )
    keep_time_slots: Duration = Field(
        timedelta(days=90),
        description="How long busy times of employees and rooms are kept, from their end. Time slots of meetings stay.",
    )
    allow_private_addresses: bool = Field(
        False,
        description="Allow calendar feeds and webhooks at private and loopback addresses, and webhooks by `http`. "
        "Otherwise only public addresses are allowed.",
    )
    max_webhooks: int = Field(
        20, ge=1, le=500, description="Maximum number of webhooks that one client can register. More are answered 409."
    )
    max_deliveries_per_client: int = Field(
        10, ge=1, le=100, description="Maximum number of simultaneous requests to the webhooks of one client."
    )
    max_deliveries_per_webhook: int = Field(
        5, ge=1, le=100, description="Maximum number of simultaneous requests to one webhook."
    )
    public_url: str = Field("http://127.0.0.1:8000", description="Address at which clients reach the API.")
    cors_origins: tuple[WebOrigin, ...] = Field(
        (),
        description="Origins whose web pages may call the API from a browser (JSON list), such as "
        '`["https://shop.example"]`. `["*"]` allows the pages of every origin. If empty, browsers allow none.',
    )
    show_employee_names: bool = Field(
        False,
        description="Show employees by name in the summaries of the Temporal UI. If false, by their initials. Names "
        "are personal data: set `BOOKME_PAYLOAD_KEY` too.",
    )
    temporal_ui_url: WebAddress | None = Field(
        None,
        description="Address of the Temporal UI in the browsers of operators. Links lead there, and only its pages may "
        "use the codec server.",
    )
    serve_docs: bool = Field(
        True,
        description="Serve the OpenAPI document, a page to try it, and pages that lead programs to them "
        "(`/openapi.json`, `/docs`, `/llms.txt`, `/.well-known/api-catalog`). If false, all answer 404.",
    )
    operator_token: SecretStr | None = Field(
        None,
        description="Access token of the operator who runs `bookme admin`. Its subject is recorded with each change. "
        "If not set, the system user is recorded.",
    )
    sandbox: bool = Field(
        False,
        description="Run a sandbox, whose clock its users move (docs/sandbox.md). Needs a database that "
        "`bookme migrate` has made with this setting while the database was empty.",
    )
    metrics_address: ListeningAddress | None = Field(
        None,
        description="`host:port` at which the API serves its Prometheus metrics. If set, `/metrics` on the port of "
        "the API answers 404. If not set, everybody who reaches the API can read them there.",
    )
    worker_metrics_address: ListeningAddress | None = Field(
        None, description="`host:port` at which a worker serves its Prometheus metrics."
    )
    log_level: str = Field("INFO", description="Lowest level that is logged: DEBUG, INFO, WARNING, ERROR.")
    log_format: Literal["text", "json"] = Field(
        "text",
        description="Format of a log line: `text` (`key=value` pairs), or `json` (one JSON object).",
    )

    @property
    def delivery_task_queue(self) -> str:
        """Temporal task queue of deliveries to webhooks, separate so that bookings do not wait for deliveries."""
        return f"{self.task_queue}-deliveries"

    @property
    def deployment(self) -> str:
        """Name of the Worker Deployment in Temporal, to which the workers of all releases belong."""
        return self.task_queue

    @model_validator(mode="after")
    def _nameable_deployment(self) -> Self:
        if self.build_id is not None and (set(".:") & set(self.deployment) or self.deployment.startswith("__")):
            message = "BOOKME_BUILD_ID needs a BOOKME_TASK_QUEUE without `.` and `:` that does not begin with `__`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _origins_or_all(self) -> Self:
        if ANY_ORIGIN in self.cors_origins and len(self.cors_origins) > 1:
            message = "BOOKME_CORS_ORIGINS: * allows every origin, so name no other origin beside it"
            raise ValueError(message)
        return self
