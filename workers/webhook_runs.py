"""How the relay reaches the runs that deliver events to webhooks."""

from uuid import UUID

from temporalio.client import Client

from activities.webhook_messages import DeliverEvents
from workflows.names import WAKE, delivery_workflow_id
from workflows.webhooks import WebhookDeliveryWorkflow


class WebhookRuns:
    """Wakes the run of a webhook and a booking, and starts it if there is none, in one request."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def hand_over(self, webhook_id: UUID, booking_key: UUID) -> None:
        await self._client.start_workflow(
            WebhookDeliveryWorkflow.run,
            DeliverEvents(webhook_id=webhook_id, booking_key=booking_key),
            id=delivery_workflow_id(webhook_id, booking_key),
            task_queue=self._task_queue,
            start_signal=WAKE,
            static_summary="Deliver a booking's events to a webhook",
            static_details=f"`GET /bookme/webhooks/{webhook_id}/deliveries` lists every delivery with its status.",
        )
