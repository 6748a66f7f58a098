"""Operations on webhooks: owners, addresses, secrets and deliveries."""

import asyncio
import base64
import contextlib
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.service import RPCError

from api.auth.principals import InsufficientScope, Principal, Scope
from api.http.errors import UnusableRequest
from api.http.idempotency import Made
from api.http.patching import PatchOperation, patched
from api.schemas.webhooks import CreateWebhook, Webhook, WebhookWithSecret
from config.settings import Settings
from domain.errors import NotFound, NotYours, TooManySecrets, TooManyWebhooks
from integrations.http.outbound import ForbiddenAddress, public_address
from storage.bookings.time_slots import NOW, database_time
from storage.notifications import webhooks
from storage.notifications.event_log import publish_all
from storage.notifications.webhook_pauses import NOT_FAILING
from storage.notifications.webhook_secrets import FormerSecret, secrets_in_grace
from storage.notifications.webhooks import Delivery
from storage.tables.notifications import WebhookRow
from workflows.common.runs import WAKE, delivery_workflow_id

SECRET_BYTES: Final = 32
MOST_SECONDS: Final = 5.0
"""Seconds within which the name of a host must be resolved."""

MOST_FORMER_SECRETS: Final = 5
"""Limit of former secrets of one webhook that still sign. Each makes the header of every delivery longer."""

SIGNALLED_WITHIN: Final = timedelta(seconds=2)


def new_secret() -> str:
    """Return a new random secret in the format of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


async def check_address(url: str, settings: Settings) -> None:
    """Check that the URL leads to a public address. Each delivery checks again, because names can change.

    Raises:
        UnusableRequest: the URL is not https, its address is not public, or its host cannot be resolved in time.

    """
    if settings.allow_private_addresses:
        return
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "The url must be an https address.")
    try:
        async with asyncio.timeout(MOST_SECONDS):
            await public_address(parts.hostname or "", parts.port or 443)
    except (ForbiddenAddress, TimeoutError) as error:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "The url's host is unknown, or not a public one.") from error


def check_reach(principal: Principal, *, every_client: bool) -> None:
    """Check that the principal may receive the events of every client, if the webhook does.

    Raises:
        InsufficientScope: the webhook is for every client, and the principal is not staff.

    """
    if every_client and not principal.is_staff:
        raise InsufficientScope((Scope.BOOK, Scope.STAFF))


async def create(session: AsyncSession, principal: Principal, given: CreateWebhook, settings: Settings) -> WebhookRow:
    """Create a webhook that receives the events that are published from now on.

    Raises:
        TooManyWebhooks: the client has the maximum number of webhooks.

    """
    # Publish all earlier events first. The lock keeps out other publishers until the commit, so that the webhook gets
    # exactly the later events.
    await publish_all(session)
    if await webhooks.count_webhooks(session, principal.client_id) >= settings.max_webhooks:
        raise TooManyWebhooks(settings.max_webhooks)
    until = NOW + settings.staff_webhook_ttl if given.every_client else None
    made = {"id": uuid4(), "client_id": principal.client_id, "secret": new_secret(), "every_client_until": until}
    return await webhooks.add_webhook(session, {**made, **given.model_dump()})


async def find_own(
    session: AsyncSession, principal: Principal, webhook_id: UUID, *, for_update: bool = False
) -> WebhookRow:
    """Return a webhook that this client may use.

    Raises:
        NotFound: there is no such webhook.
        NotYours: the webhook is another client's.
        InsufficientScope: the webhook is for the events of every client, and the principal is not staff.

    """
    row = await find_to_delete(session, principal, webhook_id, for_update=for_update)
    check_reach(principal, every_client=row.every_client)
    return row


async def find_to_delete(
    session: AsyncSession, principal: Principal, webhook_id: UUID, *, for_update: bool = True
) -> WebhookRow:
    """Return a webhook that this client may delete. Staff may delete every webhook.

    A client may delete its own webhook even if the client may not use it any more.

    Raises:
        NotFound: there is no such webhook.
        NotYours: the webhook is another client's.

    """
    row = await webhooks.find_webhook(session, webhook_id, for_update=for_update)
    if row is None:
        raise NotFound("webhook", webhook_id)
    if not principal.may_use(row.client_id):
        raise NotYours("webhook")
    return row


async def change(
    session: AsyncSession, principal: Principal, webhook_id: UUID, operations: list[PatchOperation], settings: Settings
) -> WebhookRow:
    """Apply the operations to the webhook, store it and return it.

    Raises as `find_own`, `check_reach` and `check_address` do, and `UnusableRequest` if a fixed member would change.
    """
    there = Webhook.stored(await find_own(session, principal, webhook_id, for_update=True))
    wanted = patched(there, operations, Webhook.FIXED)
    check_reach(principal, every_client=wanted.every_client)
    if wanted.url != there.url:
        await check_address(wanted.url, settings)
    columns = wanted.columns()
    if wanted.every_client and not there.every_client:
        # Only a request of the webhook's own client can renew this right; after a change by others it starts expired.
        is_own = principal.client_id == there.client_id
        columns["every_client_until"] = NOW + settings.staff_webhook_ttl if is_own else NOW
    if wanted.url != there.url:
        # A pause belongs to the former receiver, which has failed.
        columns |= NOT_FAILING
    return await webhooks.change_webhook(session, webhook_id, columns)


async def rotate(session: AsyncSession, webhook: WebhookRow, grace: timedelta) -> WebhookRow:
    """Give the webhook a new secret. The former secret signs too during the grace period.

    Raises:
        TooManySecrets: the maximum number of former secrets still signs.

    """
    former = await _former_secrets(session, webhook, grace)
    changed = {"secret": new_secret(), "former_secrets": [each.record() for each in former]}
    return await webhooks.change_webhook(session, webhook.id, changed)


async def show_with_secret(session: AsyncSession, principal: Principal, made: Made) -> WebhookWithSecret:
    """Return the webhook as it is now, with its current secret. Raises as `find_own` does."""
    row = await find_own(session, principal, UUID(made["id"]))
    return WebhookWithSecret.stored(row, secret=row.secret)


async def _former_secrets(session: AsyncSession, webhook: WebhookRow, grace: timedelta) -> list[FormerSecret]:
    """Return the former secrets that sign after a rotation. Without a grace period none signs: a secret has leaked."""
    if not grace:
        return []
    now = await database_time(session)
    before = secrets_in_grace(webhook, now)
    if len(before) >= MOST_FORMER_SECRETS:
        raise TooManySecrets(MOST_FORMER_SECRETS)
    return [FormerSecret(webhook.secret, now + grace), *before]


async def wake_run(client: Client, client_id: str) -> None:
    """Wake the delivery run of a client that lost a webhook. Without the signal, the run notices in its next round."""
    run = client.get_workflow_handle(delivery_workflow_id(client_id))
    with contextlib.suppress(RPCError, RuntimeError):
        await run.signal(WAKE, rpc_timeout=SIGNALLED_WITHIN)


async def find_delivery(session: AsyncSession, webhook: WebhookRow, delivery_id: UUID) -> Delivery:
    """Return one delivery of this webhook.

    Raises:
        NotFound: the webhook has no such delivery.

    """
    found = await webhooks.find_delivery(session, webhook.id, delivery_id)
    if found is None:
        raise NotFound("delivery", delivery_id)
    return found
