"""Operations on configuration records. A lock makes changes one at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.idempotency import KeyedRequest, Made
from api.http.pagination import PageQuery, page_of
from api.http.patching import PatchOperation, patched
from api.http.preconditions import Precondition
from api.schemas.base.ids import parse_id, parse_location
from api.schemas.configuration.records import RecordSettings
from storage.configuration import records
from storage.configuration.records import RecordKind
from storage.locks import CONFIGURATION, lock

Schema = TypeVar("Schema", bound=RecordSettings)

Check = Callable[[AsyncSession, Any], Awaitable[None]]


async def _accept(_: AsyncSession, __: object) -> None:
    """Accept every record."""


@dataclass(frozen=True)
class Resource(Generic[Schema]):
    """A kind of record, and its wire schema.

    `check` gets the id of a created or changed record. It reads the whole configuration, which has the record by then,
    and raises if the record does not fit to the rest.
    """

    kind: RecordKind
    schema: type[Schema]
    check: Check = _accept

    def parse_id(self, text: str) -> UUID | str:
        """Parse an id. Raise `NotFound` if it cannot be the id of such a record."""
        is_uuid = self.kind.table.id.type.python_type is UUID
        return parse_id(self.kind.name, text) if is_uuid else parse_location(text)

    async def page(self, session: AsyncSession, query: PageQuery, response: Response, path: str) -> list[Schema]:
        """Return a page of records, ordered by id. The `Link` header (RFC 8288) leads to the next page.

        The other parameters of the query are filters: each names a record that the listed records refer to. Raise
        `NotFound` if the named record does not exist.
        """
        only = query.model_dump(exclude={"limit", "cursor"})
        found = await records.load_page(session, self.kind, query.after, query.limit + 1, **only)
        shown = page_of(found, query, lambda last: query.codec.write(last["id"]), response, path)
        return [self.schema.stored(record) for record in shown]

    async def show(self, session: AsyncSession, identity: UUID | str) -> Schema:
        return self.schema.stored(await records.load(session, self.kind, identity))

    async def create(self, key: KeyedRequest, principal: Principal, given: Schema) -> Schema:
        """Create a record once for each idempotency key.

        Raises:
            AlreadyExists: a record has the id or the name already.
            NotFound: the record refers to another record that does not exist.

        """

        async def act(session: AsyncSession) -> Made:
            await lock(session, [CONFIGURATION])
            await records.create(session, self.kind, given.record())
            await self.check(session, given.id)
            return {"id": str(given.id)}

        return await key.once(principal, act, lambda session, made: self.show(session, type(given.id)(made["id"])))

    async def change(
        self,
        session: AsyncSession,
        identity: UUID | str,
        operations: list[PatchOperation],
        precondition: Precondition,
    ) -> tuple[Schema, Schema]:
        """Apply the operations to the record, if the precondition allows its version, and store the record.

        Returns:
            The record before and after the change.

        Raises:
            NotFound: there is no such record, or the changed record would name something that does not exist.
            AlreadyExists: another record has the new name.
            VersionMismatch: the precondition does not allow the version of the record.
            UnusableRequest: the operations do not apply, or change a fixed field.

        """
        await lock(session, [CONFIGURATION])
        there = await self.show(session, identity)
        precondition.check_resource(self.kind.name, there)
        wanted = patched(there, operations, self.schema.FIXED)
        await records.update(session, self.kind, wanted.record())
        await self.check(session, identity)
        return there, await self.show(session, identity)

    async def remove(self, session: AsyncSession, identity: UUID | str, precondition: Precondition) -> None:
        """Delete the record, if the precondition allows its version.

        Raises:
            NotFound: there is no such record.
            VersionMismatch: the precondition does not allow the version of the record.
            InUse: another row refers to the record.

        """
        await lock(session, [CONFIGURATION])
        if not precondition.is_any:
            precondition.check_resource(self.kind.name, await self.show(session, identity))
        await records.remove(session, self.kind, identity)
