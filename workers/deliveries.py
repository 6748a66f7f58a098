"""The worker of deliveries to webhooks, with its own task queue, slots and database connections."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker, WorkflowRunner

from activities.interceptor import RefusalsEndTheStep
from activities.webhooks import WebhookActivities
from config.settings import Settings
from integrations.webhooks.requests import WebhookRequests
from services.notifications.delivery_rounds import DeliveryLimits
from storage.database import Database
from workers.versions import deployment_config
from workflows.notifications.webhooks import WebhookDeliveryWorkflow

CLIENTS_AT_ONCE: Final = 50
"""Maximum number of clients that one worker delivers to at once. A client takes one slot for all its webhooks."""

CONNECTIONS: Final = 5
"""Database connections for the short transactions of deliveries. Bookings have other connections."""


def make_delivery_worker(
    client: Client, settings: Settings, database: Database, requests: WebhookRequests, runner: WorkflowRunner
) -> Worker:
    limits = DeliveryLimits(settings.max_deliveries_per_client, settings.max_deliveries_per_webhook)
    return Worker(
        client,
        task_queue=settings.delivery_task_queue,
        workflows=[WebhookDeliveryWorkflow],
        activities=[WebhookActivities(database, requests, limits).deliver_events],
        interceptors=[RefusalsEndTheStep()],
        workflow_runner=runner,
        deployment_config=deployment_config(settings),
        max_concurrent_activities=CLIENTS_AT_ONCE,
        max_concurrent_workflow_tasks=10,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(2),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(2),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )
