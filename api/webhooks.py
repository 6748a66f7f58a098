"""What clients do with their webhooks: whose one is, where it may point, its secrets, its deliveries."""

import asyncio
import base64
import contextlib
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.service import RPCError

from activities.outbound import ForbiddenAddress, public_address
from api.errors import UnusableRequest
from api.idempotency import Made
from api.patching import PatchOperation, patched
from api.principals import InsufficientScope, Principal, Scope
from api.schemas.webhooks import CreateWebhook, Webhook, WebhookWithSecret
from bookme.settings import Settings
from domain.errors import NotFound, NotYours, TooManySecrets, TooManyWebhooks
from storage import webhooks
from storage.event_log import publish_all
from storage.notification_tables import WebhookRow
from storage.time_slots import NOW, database_time
from storage.webhook_pauses import NOT_FAILING
from storage.webhook_secrets import FormerSecret, secrets_in_grace
from storage.webhooks import Delivery
from workflows.names import WAKE, delivery_workflow_id

SECRET_BYTES: Final = 32
MOST_SECONDS: Final = 5.0
"""How long the name of a host may take to be found."""

MOST_FORMER_SECRETS: Final = 5
"""Former secrets of one webhook that sign at the same time: each makes every delivery's header longer."""

SIGNALLED_WITHIN: Final = timedelta(seconds=2)


def new_secret() -> str:
    """As Standard Webhooks writes one."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


async def check_address(url: str, settings: Settings) -> None:
    """Refuse what leads inside. Each delivery checks it again: a name may lead elsewhere by then.

    Raises:
        UnusableRequest: it is not https, or has an address that is not public, or none.

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
    """What tells of every client is for staff.

    Raises:
        InsufficientScope: this client is not.

    """
    if every_client and not principal.is_staff:
        raise InsufficientScope((Scope.BOOK, Scope.STAFF))


async def create(session: AsyncSession, principal: Principal, given: CreateWebhook, settings: Settings) -> WebhookRow:
    """A new webhook, for what is published from now on.

    Raises:
        TooManyWebhooks: the client has as many as it may.

    """
    # What has happened by now is published before, and nothing else meanwhile: the rest is the webhook's.
    await publish_all(session)
    if await webhooks.count_webhooks(session, principal.client_id) >= settings.max_webhooks:
        raise TooManyWebhooks(settings.max_webhooks)
    until = NOW + settings.staff_webhook_ttl if given.every_client else None
    made = {"id": uuid4(), "client_id": principal.client_id, "secret": new_secret(), "every_client_until": until}
    return await webhooks.add_webhook(session, {**made, **given.model_dump()})


async def find_own(
    session: AsyncSession, principal: Principal, webhook_id: UUID, *, for_update: bool = False
) -> WebhookRow:
    """A webhook that this client may use.

    Raises:
        NotFound, NotYours, InsufficientScope: there is none, or it is not for this client.

    """
    row = await find_to_delete(session, principal, webhook_id, for_update=for_update)
    check_reach(principal, every_client=row.every_client)
    return row


async def find_to_delete(
    session: AsyncSession, principal: Principal, webhook_id: UUID, *, for_update: bool = True
) -> WebhookRow:
    """A webhook that this client may delete: its own, also one that it may not use any more; staff every one.

    Raises:
        NotFound, NotYours: there is none, or it is another client's.

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
    """The webhook with the operations applied, and stored so.

    Raises as `find_own` and `check_address` do, and `UnusableRequest` for what cannot be changed.
    """
    there = Webhook.stored(await find_own(session, principal, webhook_id, for_update=True))
    wanted = patched(there, operations)
    before, after = (each.model_dump(mode="json", include=set(Webhook.FIXED)) for each in (there, wanted))
    for name in Webhook.FIXED:
        if after[name] != before[name]:
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"{to_camel(name)} cannot be changed.")
    check_reach(principal, every_client=wanted.every_client)
    if wanted.url != there.url:
        await check_address(wanted.url, settings)
    columns = wanted.columns()
    if wanted.every_client and not there.every_client:
        # Only its own client can show the scope that keeps it so.
        is_own = principal.client_id == there.client_id
        columns["every_client_until"] = NOW + settings.staff_webhook_ttl if is_own else NOW
    if wanted.url != there.url:
        # A pause is of the receiver that has failed.
        columns |= NOT_FAILING
    return await webhooks.change_webhook(session, webhook_id, columns)


async def rotate(session: AsyncSession, webhook: WebhookRow, grace: timedelta) -> WebhookRow:
    """Give the webhook another secret; the former one signs too for the grace period.

    Raises:
        TooManySecrets: as many former secrets as may sign do so already.

    """
    former = await _former_secrets(session, webhook, grace)
    changed = {"secret": new_secret(), "former_secrets": [each.record() for each in former]}
    return await webhooks.change_webhook(session, webhook.id, changed)


async def show_with_secret(session: AsyncSession, principal: Principal, made: Made) -> WebhookWithSecret:
    """The webhook as it is now, with the secret that it has now. Raises as `find_own` does."""
    row = await find_own(session, principal, UUID(made["id"]))
    return WebhookWithSecret.stored(row, secret=row.secret)


async def _former_secrets(session: AsyncSession, webhook: WebhookRow, grace: timedelta) -> list[FormerSecret]:
    """The former secrets that sign after a rotation. Without a grace period none does: a secret has leaked."""
    if not grace:
        return []
    now = await database_time(session)
    before = secrets_in_grace(webhook, now)
    if len(before) >= MOST_FORMER_SECRETS:
        raise TooManySecrets(MOST_FORMER_SECRETS)
    return [FormerSecret(webhook.secret, now + grace), *before]


async def wake_run(client: Client, client_id: str) -> None:
    """Wake the run of a client one of whose webhooks is gone. A run that is not reached finds out in its next round."""
    run = client.get_workflow_handle(delivery_workflow_id(client_id))
    with contextlib.suppress(RPCError, RuntimeError):
        await run.signal(WAKE, rpc_timeout=SIGNALLED_WITHIN)


async def find_delivery(session: AsyncSession, webhook: WebhookRow, delivery_id: UUID) -> Delivery:
    """One delivery of this webhook.

    Raises:
        NotFound: it has no such delivery.

    """
    found = await webhooks.find_delivery(session, webhook.id, delivery_id)
    if found is None:
        raise NotFound("delivery", delivery_id)
    return found
