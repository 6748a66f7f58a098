"""Endpoints of webhooks, to which the events of a client are posted, and of their deliveries."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.scopes import Booker
from api.dependencies import IdempotencyKey, Shared, Transaction
from api.http.idempotency import Made
from api.http.pagination import BY_ID, PageQuery, page_of
from api.http.patching import Patch
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends
from api.resources import webhooks
from api.resources.made import named
from api.routers.paths import DeliveryId, WebhookId
from api.schemas.base.ids import parse_id
from api.schemas.events import BY_POSITION, EventPlace
from api.schemas.webhooks import (
    CreateWebhook,
    DeliveriesQuery,
    Delivery,
    DeliveryInFull,
    RotateSecretRequest,
    Webhook,
    WebhookWithSecret,
)
from domain.errors import Reason
from storage.notifications.webhooks import (
    deliver_again,
    list_attempts,
    list_deliveries,
    list_webhooks,
    remove_webhook,
)

router = APIRouter(prefix="/bookme/webhooks", tags=["BookMe"], route_class=JsonRoute)

OWNED: Final = (Reason.NOT_FOUND, Reason.NOT_YOURS)
KEYED: Final = (*OWNED, Reason.IDEMPOTENCY_KEY_REUSED)
ROTATING: Final = (*KEYED, Reason.TOO_MANY_SECRETS)
CREATING: Final = (Reason.IDEMPOTENCY_KEY_REUSED, Reason.TOO_MANY_WEBHOOKS)


@router.get("", operation_id="Webhooks_list", responses=errors() | sends("Link"))
async def list_own_webhooks(
    principal: Booker, session: Transaction, response: Response, query: Annotated[PageQuery, Query()]
) -> list[Webhook]:
    """List the client's webhooks by id. Staff get all webhooks.

    The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
    """
    client_id = None if principal.is_staff else principal.client_id
    found = await list_webhooks(session, client_id, query.after, query.limit + 1)
    shown = page_of(found, query, lambda last: BY_ID.write(last.id), response, router.prefix)
    return [Webhook.stored(row) for row in shown]


@router.post("", operation_id="Webhooks_create", responses=errors(*CREATING))
async def create_webhook(
    principal: Booker, shared: Shared, webhook: CreateWebhook, key: IdempotencyKey
) -> WebhookWithSecret:
    """Register an address to which BookMe posts events from now on. Only this answer shows the secret.

    A repeat with the same `Idempotency-Key` returns the same webhook, with the secret that the webhook has at that
    time.
    """
    webhooks.check_reach(principal, every_client=webhook.every_client)

    async def create(session: AsyncSession) -> Made:
        return named(await webhooks.create(session, principal, webhook, shared.settings))

    made = await key.once(
        principal,
        create,
        lambda session, made: webhooks.show_with_secret(session, principal, made),
        lambda: webhooks.check_address(webhook.url, shared.settings),
    )
    shared.staff_rights.forget()
    return made


@router.get("/{id}", operation_id="Webhooks_get", responses=errors(*OWNED))
async def get_webhook(principal: Booker, session: Transaction, id: WebhookId) -> Webhook:
    """Get one webhook of this client. Staff can get every webhook."""
    return Webhook.stored(await webhooks.find_own(session, principal, parse_id("webhook", id)))


@router.patch("/{id}", operation_id="Webhooks_patch", responses=errors(*OWNED))
async def change_own_webhook(principal: Booker, shared: Shared, id: WebhookId, patch: Patch) -> Webhook:
    """Change a webhook by JSON Patch (RFC 6902). Pending deliveries go to the new address."""
    identity = parse_id("webhook", id)
    async with shared.database.transaction() as session:
        changed = await webhooks.change(session, principal, identity, patch, shared.settings)
    shared.staff_rights.forget()
    return Webhook.stored(changed)


@router.delete("/{id}", operation_id="Webhooks_delete", status_code=204, responses=errors(*OWNED))
async def remove_own_webhook(principal: Booker, shared: Shared, id: WebhookId) -> None:
    """Delete a webhook and its deliveries. Pending deliveries are not sent."""
    identity = parse_id("webhook", id)
    async with shared.database.transaction() as session:
        webhook = await webhooks.find_to_delete(session, principal, identity)
        await remove_webhook(session, identity)
    await webhooks.wake_run(shared.engine.client, webhook.client_id)


@router.post("/{id}/rotate-secret", operation_id="Webhooks_rotateSecret", responses=errors(*ROTATING))
async def rotate_secret(
    principal: Booker,
    id: WebhookId,
    key: IdempotencyKey,
    query: Annotated[RotateSecretRequest, Query()],
    body: Annotated[RotateSecretRequest | None, Body()] = None,
) -> WebhookWithSecret:
    """Create a new secret. Only this answer shows the secret.

    During the grace period both secrets sign, so that receivers can switch. `gracePeriod` may be sent in the query or
    in the body. A repeat with the same `Idempotency-Key` creates no other secret. It returns the webhook's secret at
    that time.
    """
    identity, grace = parse_id("webhook", id), query.grace(body)

    async def rotate(session: AsyncSession) -> Made:
        there = await webhooks.find_own(session, principal, identity, for_update=True)
        return named(await webhooks.rotate(session, there, grace))

    return await key.once(principal, rotate, lambda session, made: webhooks.show_with_secret(session, principal, made))


@router.get("/{id}/deliveries", operation_id="Webhooks_listDeliveries", responses=errors(*OWNED) | sends("Link"))
async def list_own_deliveries(
    principal: Booker,
    session: Transaction,
    response: Response,
    id: WebhookId,
    query: Annotated[DeliveriesQuery, Query()],
) -> list[Delivery]:
    """List the deliveries of a webhook, newest first.

    The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
    """
    webhook = await webhooks.find_own(session, principal, parse_id("webhook", id))
    found = await list_deliveries(session, webhook.id, query.status, query.before, query.limit + 1)
    path = f"{router.prefix}/{webhook.id}/deliveries"
    shown = page_of(found, query, lambda last: BY_POSITION.write(EventPlace.of(last.event)), response, path)
    return [Delivery.stored(each) for each in shown]


@router.get("/{id}/deliveries/{delivery}", operation_id="Webhooks_getDelivery", responses=errors(*OWNED))
async def get_delivery(principal: Booker, session: Transaction, id: WebhookId, delivery: DeliveryId) -> DeliveryInFull:
    """Get one delivery, with its event and every attempt."""
    webhook = await webhooks.find_own(session, principal, parse_id("webhook", id))
    found = await webhooks.find_delivery(session, webhook, parse_id("delivery", delivery))
    return DeliveryInFull.with_attempts(found, await list_attempts(session, found.row.id))


@router.post("/{id}/deliveries/{delivery}/redeliver", operation_id="Webhooks_redeliver", responses=errors(*KEYED))
async def redeliver(principal: Booker, id: WebhookId, delivery: DeliveryId, key: IdempotencyKey) -> Delivery:
    """Deliver an event again, whatever the status of its delivery.

    A pending delivery is sent at once. A delivery that has ended starts again, with all retries.
    """
    webhook_id, delivery_id = parse_id("webhook", id), parse_id("delivery", delivery)

    async def send(session: AsyncSession) -> Made:
        webhook = await webhooks.find_own(session, principal, webhook_id)
        found = await webhooks.find_delivery(session, webhook, delivery_id)
        await deliver_again(session, found.row)
        return named(found.row)

    async def show(session: AsyncSession, _: Made) -> Delivery:
        webhook = await webhooks.find_own(session, principal, webhook_id)
        return Delivery.stored(await webhooks.find_delivery(session, webhook, delivery_id))

    return await key.once(principal, send, show)
