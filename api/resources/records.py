"""Operations that the endpoints of the configuration share. A lock makes changes one at a time."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.errors import UnusableRequest
from api.http.idempotency import KeyedRequest, Made
from api.http.pagination import PageQuery, page_of
from api.http.patching import PatchOperation, patched
from api.http.preconditions import Precondition
from api.schemas.base.addresses import STORED
from api.schemas.base.common import Body
from storage.configuration import records
from storage.configuration.lookups import NAMES, require
from storage.configuration.records import Kind, Record
from storage.locks import CONFIGURATION, lock


class Settings(Body):
    """Base of the wire schemas of records. The fields are those of the record, unless a subclass differs."""

    id: Any

    FIXED: ClassVar[tuple[str, ...]] = ("id",)
    """Names of the fields that cannot be changed."""

    @classmethod
    def stored(cls, record: Record) -> Self:
        return cls.model_validate(record, context=STORED)

    def record(self) -> Record:
        return self.model_dump()


Wire = TypeVar("Wire", bound=Settings)


Check = Callable[[AsyncSession], Awaitable[None]]


async def _accept(_: AsyncSession) -> None:
    """Accept every record."""


async def page(
    session: AsyncSession,
    kind: Kind,
    wire: type[Wire],
    query: PageQuery,
    response: Response,
    path: str,
    **only: UUID | None,
) -> list[Wire]:
    """Return a page of records, ordered by id. The `Link` header (RFC 8288) leads to the next page.

    `only` filters by fields that refer to other records.

    Raises:
        NotFound: a record to filter by does not exist.

    """
    await require(session, [(kind.refers[name], value) for name, value in only.items() if value is not None])
    found = await records.load_page(session, kind, query.after, query.limit + 1, **only)
    shown = page_of(found, query, lambda last: query.codec.write(last["id"]), response, path)
    return [wire.stored(record) for record in shown]


async def show(session: AsyncSession, kind: Kind, wire: type[Wire], identity: UUID | str) -> Wire:
    return wire.stored(await records.load(session, kind, identity))


async def create(key: KeyedRequest, principal: Principal, kind: Kind, given: Wire, check: Check = _accept) -> Wire:
    """Create a record once. `check` reads the configuration with the new record, and may raise to refuse it."""

    async def act(session: AsyncSession) -> Made:
        await lock(session, [CONFIGURATION])
        await records.create(session, kind, given.record())
        await check(session)
        return {"id": str(given.id)}

    async def shown(session: AsyncSession, made: Made) -> Wire:
        return await show(session, kind, type(given), type(given.id)(made["id"]))

    return await key.once(principal, act, shown)


async def patch(
    session: AsyncSession,
    kind: Kind,
    wire: type[Wire],
    identity: UUID | str,
    operations: list[PatchOperation],
    precondition: Precondition,
) -> Wire:
    """Apply the operations to the record, and return the changed record. Raises as `change` does."""
    _, changed = await change(session, kind, wire, identity, operations, precondition)
    return changed


async def change(
    session: AsyncSession,
    kind: Kind,
    wire: type[Wire],
    identity: UUID | str,
    operations: list[PatchOperation],
    precondition: Precondition,
) -> tuple[Wire, Wire]:
    """Apply the operations to the record, if the precondition allows its version, and store the record.

    Returns:
        The record before and after the change.

    Raises:
        NotFound: there is no such record, or the changed record would name something that does not exist.
        VersionMismatch: the precondition does not allow the version of the record.
        UnusableRequest: the operations do not apply, or change a fixed field.

    """
    await lock(session, [CONFIGURATION])
    there = await show(session, kind, wire, identity)
    precondition.check_resource(NAMES[kind.table], there)
    wanted = patched(there, operations)
    for name in wire.FIXED:
        if getattr(wanted, name) != getattr(there, name):
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"{to_camel(name)} cannot be changed.")
    await records.update(session, kind, wanted.record())
    return there, await show(session, kind, wire, identity)


async def remove(
    session: AsyncSession, kind: Kind, wire: type[Settings], identity: UUID | str, precondition: Precondition
) -> None:
    """Delete the record, if the precondition allows its version. Raises `NotFound`, `VersionMismatch` or `InUse`."""
    await lock(session, [CONFIGURATION])
    if not precondition.is_any:
        precondition.check_resource(NAMES[kind.table], await show(session, kind, wire, identity))
    await records.remove(session, kind, identity)
