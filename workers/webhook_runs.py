"""Starts the runs that deliver events to webhooks."""

from temporalio.client import Client

from domain.messages.webhooks import DeliverEvents
from workflows.common.runs import WAKE, delivery_run_options
from workflows.notifications.webhooks import WebhookDeliveryWorkflow


class WebhookRuns:
    """Wakes the run that delivers to a client's webhooks, or starts the run if there is none, in one request."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def hand_over(self, client_id: str) -> None:
        await self._client.start_workflow(
            WebhookDeliveryWorkflow.run,
            DeliverEvents(client_id=client_id),
            task_queue=self._task_queue,
            start_signal=WAKE,
            static_details="`GET /bookme/webhooks/{id}/deliveries` lists every delivery with its status.",
            **delivery_run_options(client_id),
        )
