"""The dashboards in deploy/grafana. `python -m tests.monitoring.dashboards` writes them again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.monitoring.panels import Panel, dashboard, number

GRAFANA: Final = Path(__file__).parents[2] / "deploy/grafana"
RATE: Final = "[$__rate_interval]"


def rate(metric: str, by: str = "") -> str:
    """Return the query of the summed rate of a counter a second, for each value of the labels `by`."""
    return f"sum by ({by}) (rate({metric}{RATE}))" if by else f"sum(rate({metric}{RATE}))"


def quantile(share: float, histogram: str, by: str = "") -> str:
    """Return the query of a quantile of a histogram, for each value of the labels `by`."""
    labels = f"le, {by}" if by else "le"
    name, _, matchers = histogram.partition("{")
    matchers = f"{{{matchers}" if matchers else ""
    return f"histogram_quantile({share}, sum by ({labels}) (rate({name}_bucket{matchers}{RATE})))"


BUSINESS: Final[Mapping[str, list[Panel]]] = {
    "Today": [
        number(
            "Meetings created, 24 hours",
            "Bookings that ended with a meeting.",
            "short",
            'sum(increase(bookme_bookings_ended_total{ending="MeetingCreated"}[24h]))',
        ),
        number(
            "Bookings that became meetings, 24 hours",
            "Part of the bookings with a hold that ended with a meeting. Others expired, were released or cancelled.",
            "percentunit",
            'sum(increase(bookme_bookings_ended_total{ending="MeetingCreated"}[24h])) '
            '/ sum(increase(bookme_bookings_ended_total{ending!="Conflict"}[24h]))',
        ),
        number(
            "Live holds",
            "Time slots that are Reserved or Booked now and wait for their next step.",
            "short",
            'sum(max by (state) (bookme_holds{state!="overdue"}))',
        ),
        number(
            "Time slots refused, 24 hours",
            "Reservations that were refused because the time slot was taken or is not offered.",
            "short",
            'sum(increase(bookme_refusals_total{reason=~"TIME_SLOT_TAKEN|NOT_OFFERED"}[24h]))',
        ),
    ],
    "Bookings": [
        Panel(
            "Steps of the journey that succeed",
            "Successful requests a second, from the search to the meeting. It shows where customers are lost.",
            "reqps",
            {"{{step}}": rate('bookme_journey_requests_total{outcome="done"}', "step")},
        ),
        Panel(
            "Bookings by ending",
            "Bookings that end, a second, by how they end. Counted by the workers.",
            "ops",
            {"{{ending}}": rate("bookme_bookings_ended_total", "ending")},
        ),
        Panel(
            "Holds",
            "Held time slots: reserved, booked, and overdue (past their deadline, not ended yet).",
            "short",
            {"{{state}}": "max by (state) (bookme_holds)"},
        ),
        Panel(
            "Refusals by reason",
            "Refused requests a second, by the reason that the client gets. Reasons that do not occur are left out.",
            "reqps",
            {"{{reason}}": f"{rate('bookme_refusals_total', 'reason')} > 0"},
        ),
        Panel(
            "Searches by size",
            "Searches a second: small up to 100 employee-days, medium up to 1000, large above.",
            "reqps",
            {"{{size}}": rate("bookme_search_seconds_count", "size")},
        ),
    ],
    "Notifications and calendars": [
        Panel(
            "Attempts to deliver events",
            "Requests to webhooks a second, by their ending. ToBeRetried means that the receiver did not accept.",
            "reqps",
            {"{{ended}}": rate("bookme_webhook_attempts_total", "ended")},
        ),
        Panel(
            "Invitation mails",
            "Attempts to mail a second, by their outcome. Pending mails are tried again, failed ones are not.",
            "ops",
            {"{{outcome}}": rate("bookme_mails_total", "outcome")},
        ),
        Panel(
            "External calendars",
            "Calendars that BookMe reads, and those whose last reading failed.",
            "short",
            {"read": "max(bookme_calendars)", "failing": "max(bookme_failing_calendars)"},
        ),
    ],
}

API: Final[Mapping[str, list[Panel]]] = {
    "State": [
        number(
            "Processes that reach the database",
            "API processes that are scraped and could measure the database.",
            "short",
            "sum(bookme_database_up)",
        ),
        number(
            "Processes that reach Temporal",
            "API processes that are scraped and could measure Temporal.",
            "short",
            "sum(bookme_engine_up)",
        ),
        number("All requests", "Requests a second, of all routes.", "reqps", rate("bookme_http_requests_total")),
        number(
            "Time to reserve, p99",
            "99 % of the reservations that were answered took at most this long.",
            "s",
            quantile(0.99, 'bookme_reserve_seconds{outcome=~"done|refused"}'),
        ),
    ],
    "Requests": [
        Panel(
            "Requests by status",
            "Answered requests a second. 503 means that a part is missing or too busy, 500 means a bug.",
            "reqps",
            {"{{status}}": rate("bookme_http_requests_total", "status")},
        ),
        Panel(
            "Failures by route",
            "Requests a second that were answered with 5xx.",
            "reqps",
            {"{{method}} {{route}}": rate('bookme_http_requests_total{status=~"5.."}', "method, route")},
        ),
        Panel(
            "Time of all requests",
            "Quantiles of the time to answer, over all routes.",
            "s",
            {
                "p50": quantile(0.5, "bookme_http_request_seconds"),
                "p95": quantile(0.95, "bookme_http_request_seconds"),
                "p99": quantile(0.99, "bookme_http_request_seconds"),
            },
        ),
        Panel(
            "Slowest routes, p95",
            "The five routes with the longest 95th percentile.",
            "s",
            {"{{method}} {{route}}": f"topk(5, {quantile(0.95, 'bookme_http_request_seconds', 'method, route')})"},
        ),
    ],
    "Journey": [
        Panel(
            "Time to reserve by outcome, p99",
            "Unavailable reservations were answered with 503: their time is mostly the request time-out.",
            "s",
            {"{{outcome}}": quantile(0.99, "bookme_reserve_seconds", "outcome")},
        ),
        Panel(
            "Steps of the journey that fail",
            "Requests a second that were answered with 503 (unavailable) or 500 (failed).",
            "reqps",
            {
                "{{step}} {{outcome}}": rate(
                    'bookme_journey_requests_total{outcome=~"unavailable|failed"}', "step, outcome"
                )
            },
        ),
        Panel(
            "Time to search by size, p95",
            "Small up to 100 employee-days, medium up to 1000, large above.",
            "s",
            {"{{size}}": quantile(0.95, "bookme_search_seconds", "size")},
        ),
        Panel(
            "Most used routes",
            "The ten routes with the most requests a second.",
            "reqps",
            {"{{method}} {{route}}": f"topk(10, {rate('bookme_http_requests_total', 'method, route')})"},
        ),
    ],
}

WORKERS: Final[Mapping[str, list[Panel]]] = {
    "What waits": [
        Panel(
            "Age of the oldest",
            "How long the oldest one waits: expired holds, unpublished events, deliveries, mails. All should be near "
            "zero, but for deliveries to failing webhooks.",
            "s",
            {
                "expired hold": "max(bookme_oldest_overdue_hold_age_seconds)",
                "unpublished event": "max(bookme_oldest_unpublished_event_age_seconds)",
                "delivery to {{webhooks}} webhooks": "max by (webhooks) (bookme_oldest_pending_delivery_age_seconds)",
                "mail": "max(bookme_oldest_pending_mail_age_seconds)",
            },
        ),
        Panel(
            "Backlog",
            "Number of unpublished events, pending deliveries (at most 1000 of each webhook) and mails, and of failing "
            "webhooks.",
            "short",
            {
                "unpublished events": "max(bookme_unpublished_events)",
                "deliveries to {{webhooks}} webhooks": "max by (webhooks) (bookme_pending_deliveries)",
                "mails": "max(bookme_pending_mails)",
                "failing webhooks": "max(bookme_failing_webhooks)",
            },
        ),
        Panel(
            "Lag of webhooks",
            "Time from an event to its first attempt, without failing webhooks.",
            "s",
            {
                "p50": quantile(0.5, "bookme_webhook_lag_seconds"),
                "p99": quantile(0.99, "bookme_webhook_lag_seconds"),
            },
        ),
        Panel(
            "Relay",
            "Events published a second, and expired holds that the relay ended because no run did.",
            "ops",
            {"published": rate("bookme_published_events_total"), "holds ended": rate("bookme_lapsed_holds_total")},
        ),
    ],
    "Trouble": [
        Panel(
            "Steps retried",
            "Attempts a second after the first, by step. Some retries are normal while a server restarts.",
            "ops",
            {"{{activity_type}}": rate("bookme_step_retries_total", "activity_type")},
        ),
        Panel(
            "Stuck steps",
            "Attempts after the tenth in 10 minutes, by step. A value above zero needs an operator.",
            "short",
            {"{{activity_type}}": "sum by (activity_type) (increase(bookme_stuck_step_attempts_total[10m]))"},
        ),
        Panel(
            "Workflow tasks that fail",
            "In 10 minutes, by workflow. A failure is a bug: the run waits for corrected code.",
            "short",
            {"{{workflow_type}}": "sum by (workflow_type) (increase(temporal_workflow_task_execution_failed[10m]))"},
        ),
        Panel(
            "Runs that need an operator",
            "Running workflows whose search attribute NeedsOperator is set.",
            "short",
            {"runs": "max(bookme_runs_needing_operator)"},
        ),
        Panel(
            "Schedules: time since the last run",
            "In intervals of the schedule. Above 3, the schedule is late or paused.",
            "short",
            {
                "{{schedule}}": "(time() - max by (schedule) (bookme_schedule_last_run_timestamp_seconds)) "
                "/ max by (schedule) (bookme_schedule_interval_seconds)",
                "{{schedule}} is paused": "max by (schedule) (bookme_schedule_paused)",
            },
        ),
    ],
    "Workers": [
        Panel(
            "Pollers",
            "Requests for tasks that are open now, by task queue and kind.",
            "short",
            {"{{task_queue}} {{poller_type}}": "sum by (task_queue, poller_type) (temporal_num_pollers)"},
        ),
        Panel(
            "Free task slots",
            "Tasks that the workers can take in addition, by kind. Near zero, start more workers.",
            "short",
            {"{{worker_type}}": "sum by (worker_type) (temporal_worker_task_slots_available)"},
        ),
        Panel(
            "Wait of tasks for a worker, p99",
            "Time from the scheduling of a task to its start. If it grows, start more workers.",
            "ms",
            {
                "workflow tasks": quantile(0.99, "temporal_workflow_task_schedule_to_start_latency"),
                "activities": quantile(0.99, "temporal_activity_schedule_to_start_latency"),
            },
        ),
        Panel(
            "Time of requests to Temporal, p99",
            "By operation, without long polls.",
            "ms",
            {"{{operation}}": quantile(0.99, "temporal_request_latency", "operation")},
        ),
        Panel(
            "Workflows completed",
            "Runs that end a second, by workflow.",
            "ops",
            {"{{workflow_type}}": rate("temporal_workflow_completed", "workflow_type")},
        ),
        Panel(
            "Cached runs",
            "Runs whose state the workers have in memory.",
            "short",
            {"{{task_queue}}": "sum by (task_queue) (temporal_sticky_cache_size)"},
        ),
    ],
}


def burn(window: str) -> str:
    """Return the query of the burn rate of each SLO: 1 uses the error budget up in exactly 30 days."""
    return f"bookme:slo_errors:ratio_rate{window} / on (slo) bookme:slo_budget:ratio"


def objectives(title: str, slo: str, meaning: str) -> list[Panel]:
    """Return the two numbers of one SLO."""
    matcher = f'{{slo="{slo}"}}'
    errors, budget = f"bookme:slo_errors:ratio_rate30d{matcher}", f"bookme:slo_budget:ratio{matcher}"
    return [
        number(f"{title}, 30 days", f"{meaning} Objective: see docs/slo.md.", "percentunit", f"1 - {errors}"),
        number(
            f"{title}: budget left",
            "Part of the error budget of 30 days that is left. Below zero, the objective is missed.",
            "percentunit",
            f"1 - {errors} / {budget}",
        ),
    ]


FIRING: Final = 'ALERTS{alertname=~"BookMe.+",alertstate="firing"}'

SLOS: Final[Mapping[str, list[Panel]]] = {
    "Objectives": [
        *objectives(
            "Available journeys", "journey_availability", "Part of the journey's requests without an answer of 5xx."
        ),
        *objectives("Fast reservations", "reserve_latency", "Part of the reservations answered within one second."),
        *objectives("Timely webhooks", "webhook_lag", "Part of the events whose first attempt began in 10 s."),
    ],
    "Burn rates": [
        Panel(
            "Fast burn (page above 14.4)",
            "How many times too fast the error budget is used, over the last hour.",
            "short",
            {"{{slo}}": burn("1h")},
        ),
        Panel(
            "Middle burn (page above 6)",
            "How many times too fast the error budget is used, over the last six hours.",
            "short",
            {"{{slo}}": burn("6h")},
        ),
        Panel(
            "Slow burn (ticket above 3)",
            "How many times too fast the error budget is used, over the last day.",
            "short",
            {"{{slo}}": burn("1d")},
        ),
        Panel(
            "Slowest burn (ticket above 1)",
            "How many times too fast the error budget is used, over the last three days.",
            "short",
            {"{{slo}}": burn("3d")},
        ),
    ],
    "Alerts": [
        Panel(
            "Firing alerts of BookMe",
            "Each has a page in docs/runbooks.",
            "short",
            {"{{alertname}} ({{severity}})": f"count by (alertname, severity) ({FIRING})"},
        ),
    ],
}

DASHBOARDS: Final = {
    "business.json": dashboard(
        "bookme-business", "BookMe: business", "Bookings, conflicts, searches and what customers get.", BUSINESS
    ),
    "api.json": dashboard("bookme-api", "BookMe: API", "Requests, their times and their failures.", API),
    "workers.json": dashboard(
        "bookme-workers",
        "BookMe: workers and engine",
        "What waits and what is stuck, and the workers.",
        WORKERS,
    ),
    "slos.json": dashboard("bookme-slos", "BookMe: SLOs", "Service level objectives and their error budgets.", SLOS),
}
"""The JSON of each file."""

if __name__ == "__main__":
    for name, content in DASHBOARDS.items():
        (GRAFANA / name).write_text(content)
