"""Endpoints that kinds of configuration records have in common: list, create, get, change and remove."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any, Final, Generic

from fastapi import APIRouter, BackgroundTasks, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.scopes import Configurer
from api.dependencies import IdempotencyKey, Shared, Transaction
from api.http.pagination import PageQuery
from api.http.patching import Patch
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.openapi import sends, sends_version
from api.resources.records import Resource, Schema
from domain.errors import Reason
from services.calendars.window import mark_busy_if_address_changed

CREATING: Final = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED)
CHANGING: Final = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS, Reason.VERSION_MISMATCH)
REMOVING: Final = (Reason.NOT_FOUND, Reason.IN_USE, Reason.VERSION_MISMATCH)

READDRESSED: Final = """

After a change of the mail address, {0} with external calendars is not offered until BookMe has read the calendars
again. BookMe starts to read them at once. The address decides which events the {1} has declined."""

Endpoint = Callable[..., Coroutine[Any, Any, Any]]

ROUTES: Final = {
    "list": ("GET", "list_{}s"),
    "create": ("POST", "create_{}"),
    "get": ("GET", "get_{}"),
    "patch": ("PATCH", "change_{}"),
    "delete": ("DELETE", "remove_{}"),
}
"""Method and name of each operation. FastAPI makes the summary in the OpenAPI document from the name."""


@dataclass(frozen=True)
class Crud(Generic[Schema]):
    """Adds endpoints for one resource to a router.

    `path` follows the prefix of the router, and `operation_id` has `{}` where the name of the operation goes. Answers
    have the schema `shown`, if it is not the one of the resource. `reader` is the dependency that authorises `get`.
    """

    router: APIRouter
    resource: Resource[Schema]
    path: str
    operation_id: str
    shown: Any = None
    reader: Any = Configurer

    def add_all(self, query: type[PageQuery] = PageQuery) -> None:
        self.add_list(query)
        self.add_create()
        self.add_get()
        self.add_change()
        self.add_remove()

    def add_list(self, query_type: type[PageQuery], reasons: tuple[Reason, ...] = ()) -> None:
        async def endpoint(_: Configurer, session: Transaction, response: Response, query: PageQuery) -> list[Schema]:
            return await self.resource.page(session, query, response, self.router.prefix + self.path)

        text = (
            f"List the {self._noun}s by id, in pages. "
            'The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.'
        )
        types = {"query": Annotated[query_type, Query()], "return": GenericAlias(list, self._answer)}
        self._add("list", endpoint, text, errors(*reasons) | sends("Link"), types)

    def add_create(self, reasons: tuple[Reason, ...] = CREATING) -> None:
        async def endpoint(principal: Configurer, given: Schema, key: IdempotencyKey) -> Any:  # noqa: ANN401 - the schema is chosen at run time
            return self._show(await self.resource.create(key, principal, given))

        types = {"given": self.resource.schema, "return": self._answer}
        self._add("create", endpoint, f"Add {self._a_noun}.", errors(*reasons), types)

    def add_get(self, text: str = "") -> None:
        async def endpoint(_: Configurer, session: Transaction, id: str, response: Response) -> Any:  # noqa: ANN401 - the schema is chosen at run time
            return tagged(response, self._show(await self.resource.show(session, self.resource.parse_id(id))))

        responses = errors(Reason.NOT_FOUND) | sends_version()
        types = {"_": self.reader, "return": self._answer}
        self._add("get", endpoint, text or f"Get one {self._noun}.", responses, types)

    def add_change(self) -> None:
        async def endpoint(
            _: Configurer,
            session: Transaction,
            shared: Shared,
            id: str,
            patch: Patch,
            response: Response,
            precondition: IfVersion,
            afterwards: BackgroundTasks,
        ) -> Any:  # noqa: ANN401 - the schema is chosen at run time
            before, changed = await self.resource.change(session, self.resource.parse_id(id), patch, precondition)
            if await self._must_reread_calendars(session, before, changed):
                afterwards.add_task(shared.engine.refresh_calendars)
            return tagged(response, self._show(changed))

        text = f"Change {self._a_noun} by JSON Patch (RFC 6902). BookMe applies all operations or none."
        if self.resource.kind.calendar_owner is not None:
            text += READDRESSED.format(self._a_noun, self._noun)
        responses = errors(*CHANGING) | sends("ETag")
        self._add("patch", endpoint, text, responses, {"return": self._answer})

    def add_remove(self, text: str = "", reasons: tuple[Reason, ...] = REMOVING) -> None:
        async def endpoint(_: Configurer, session: Transaction, id: str, precondition: IfVersion) -> None:
            await self.resource.remove(session, self.resource.parse_id(id), precondition)

        text = text or f"Delete {self._a_noun} that no other resource uses."
        self._add("delete", endpoint, text, errors(*reasons), {})

    def _add(
        self, operation: str, endpoint: Endpoint, text: str, responses: dict[int | str, Any], types: Mapping[str, Any]
    ) -> None:
        """Add an endpoint. `types` replace its annotations, from which FastAPI reads the types of an endpoint."""
        method, name = ROUTES[operation]
        path = self.path if operation in ("list", "create") else f"{self.path}/{{id}}"
        if "id" in endpoint.__annotations__:
            endpoint.__annotations__["id"] = Annotated[str, Path(description=f"The {self._noun}'s id.")]
        endpoint.__annotations__ |= types
        self.router.add_api_route(
            path,
            endpoint,
            methods=[method],
            status_code=204 if method == "DELETE" else 200,
            name=name.format(self._noun.replace(" ", "_")),
            operation_id=self.operation_id.format(operation),
            description=text,
            responses=responses,
        )

    async def _must_reread_calendars(self, session: AsyncSession, before: Schema, changed: Schema) -> bool:
        """Make the owner of calendars busy until they are read again, after a change of the mail address."""
        if (owner := self.resource.kind.calendar_owner) is None:
            return False
        addresses = [each.record()["email"] for each in (before, changed)]
        return await mark_busy_if_address_changed(session, *addresses, **{owner: changed.id})

    @property
    def _noun(self) -> str:
        return self.resource.kind.name

    @property
    def _a_noun(self) -> str:
        return f"{'an' if self._noun[0] in 'aeiou' else 'a'} {self._noun}"

    @property
    def _answer(self) -> Any:  # noqa: ANN401 - a schema
        return self.shown or self.resource.schema

    def _show(self, wire: Schema) -> Any:  # noqa: ANN401 - the schema is chosen at run time
        return wire if self.shown is None else self.shown.stored(wire.record())
