"""The client of BookMe."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from typing_extensions import Self

from bookme_client import models, operations
from bookme_client._async.hold import AsyncHold
from bookme_client._async.http import AsyncHttp
from bookme_client._async.meeting import AsyncMeeting
from bookme_client._async.pages import AsyncEventLog, AsyncPages
from bookme_client._async.tokens import AsyncTokens, CredentialsTokens, FixedToken, ProvidedTokens
from bookme_client._slots import Plan, Slot, reservation
from bookme_client._version import USER_AGENT
from bookme_client.issuer import AsyncTokenProvider, Credentials
from bookme_client.operation import Operation, text

T = TypeVar("T")
Id = UUID | str
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class AsyncBookMe:
    """A client of one BookMe, for any number of calls. Close it at the end, or use it as a context manager.

    Every call takes care of the access token, repeats the request where that is safe, and raises a `BookMeError` if it
    fails.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | AsyncTokenProvider | None = None,
        issuer: str | None = None,
        token_url: str | None = None,
        scope: str | None = None,
        audience: str | None = None,
        timeout: float = 30.0,
        http: httpx.AsyncClient | None = None,
        user_agent: str | None = None,
    ) -> None:
        """Create a client. Nothing is sent before the first call.

        Args:
            base_url: The address of the API, such as `https://bookings.example.com`.
            client_id: The id of your client at the token issuer, for client credentials.
            client_secret: The secret of your client.
            token: Instead of these two: an access token, or a function that returns one for each request. Of
                `AsyncBookMe`, it is an async function.
            issuer: The address of the token issuer. Its discovery document names the token address. By default the
                API itself is the issuer, as it is for `bookme dev`.
            token_url: The token address, if the issuer has no discovery document.
            scope: The scopes to ask for, separated by spaces. By default the issuer decides.
            audience: The `audience` parameter that some issuers need.
            timeout: Seconds that one call may take with all its repeats.
            http: Your own httpx client, with proxies, TLS settings and limits. You close it yourself.
            user_agent: Your program's name and version, put before that of this package.

        Raises:
            TypeError: neither the two credentials nor a token are given.
            ValueError: `base_url` is no HTTP address.

        """
        address = httpx.URL(base_url)
        if address.scheme not in {"http", "https"} or not address.host:
            raise ValueError(f"base_url must begin with http:// or https://, not {base_url!r}")
        connection = http or httpx.AsyncClient(trust_env=address.host not in LOOPBACK)
        self._owned = connection if http is None else None
        credentials = Credentials(client_id, client_secret, issuer or base_url, token_url, scope, audience)
        tokens = _tokens(connection, token, credentials)
        agent = f"{user_agent} {USER_AGENT}" if user_agent else USER_AGENT
        self._http = AsyncHttp(connection, base_url, tokens, seconds=timeout, user_agent=agent)

    async def topics(self, *, is_customer: bool = True, customer_type_id: Id | None = None) -> list[models.Topic]:
        """Return the topics of meetings: those that customers can book, or with `is_customer=False` all."""
        return await self.request(operations.topics_list(is_customer=is_customer, customer_type_id=customer_type_id))

    async def customer_types(self) -> list[models.CustomerType]:
        return await self.request(operations.customer_types_list())

    async def employees(self) -> list[models.Employee]:
        return await self.request(operations.employees_all())

    async def rooms(self) -> list[models.Room]:
        return await self.request(operations.rooms_all())

    def search(
        self,
        *,
        topic_id: Id | None = None,
        customer_type_id: Id | None = None,
        meeting_types: Sequence[models.MeetingType | str] | None = None,
        start: datetime | None = None,
        look_forward: timedelta | str | None = None,
        duration: timedelta | str | None = None,
        employee_ids: Sequence[Id] | None = None,
        require_employees: bool = False,
        meeting_location: str | None = None,
        customer_location: str | None = None,
        require_room: bool | None = None,
        room_ids: Sequence[Id] | None = None,
        customer_initiated: bool | None = None,
        ignore_notice: bool | None = None,
        best_only: bool | None = None,
        ignore_meeting_ids: Sequence[Id] | None = None,
        page_size: int | None = None,
    ) -> AsyncPages[models.AvailableTimeslot]:
        """Find time slots that can be reserved now, by start. Iterate over the result, or call its `first` or `all`.

        Times must have a time zone. Without `start`, the search begins now; without `look_forward`, it is as long as
        the organisation has set. `require_employees`: all of `employee_ids` must be free, not any of them.
        """
        operation = operations.time_slots_list(
            require_employee_participation=require_employees,
            explicit_employee_ids=employee_ids,
            start_date=start,
            look_forward_time=None if look_forward is None else text(look_forward),
            meeting_duration=None if duration is None else text(duration),
            topic=topic_id,
            customer_type_id=customer_type_id,
            meeting_types=meeting_types,
            customer_location=customer_location,
            meeting_location=meeting_location,
            ignore_meeting_ids=ignore_meeting_ids,
            require_room=require_room,
            specific_rooms=room_ids,
            is_customer_initiated=customer_initiated,
            ignore_minimum_time_before_booking=ignore_notice,
            get_best_time_slots=best_only,
            limit=page_size,
        )
        return self.pages(operation)

    async def hold(
        self,
        slot: Slot,
        *,
        customer_id: str | None = None,
        customer_type_id: Id | None = None,
        topic_id: Id | None = None,
        type: models.MeetingType | str | None = None,
        room_id: Id | None = None,
        additional_employees: Sequence[Id] | None = None,
        existing_meeting_id: Id | None = None,
        end_user: str | None = None,
        token: str | None = None,
    ) -> AsyncHold:
        """Reserve a time slot of `search`, or one of `next_time_slots` of an error. Until it expires, nobody else can.

        Topic, type and room are those of the time slot unless you name others. `token` is your own name for the
        booking, such as an order number. If you call `hold` again with the same token and time slot, also in another
        process, you get the same hold. Another time slot under the same token replaces the hold.

        Raises:
            TimeSlotTaken: somebody else was faster. `next_time_slots` has free ones.
            NotOffered: a rule refuses the time slot, or such a meeting.
            TooManyHolds: the client has its maximum of holds.

        """
        name = token or f"bookme-client-{uuid4()}"
        topic = topic_id or getattr(slot, "meeting_topic_id", None) or None
        meeting_type = type or getattr(slot, "meeting_type", None)
        plan = Plan(customer_id, customer_type_id, topic, meeting_type)
        meeting = {
            "customer_id": customer_id, "customer_type_id": customer_type_id, "topic_id": topic,
            "meeting_type": meeting_type, "existing_meeting_id": existing_meeting_id,
        }  # fmt: skip
        body = reservation(slot, name, room_id, additional_employees, meeting)
        answer = await self._http.call(operations.time_slots_reserve(body, end_user=end_user))
        return AsyncHold(self._http, name, plan, answer)

    async def resume_hold(self, saved: Mapping[str, Any]) -> AsyncHold:
        """Continue with a hold of another process. `saved` is the result of its `as_json`.

        Raises:
            NotFound: the hold has ended.

        """
        answer = await self._http.call(operations.time_slots_get(saved["timeSlotId"]))
        return AsyncHold(self._http, saved["token"], Plan.of_json(saved["plan"]), answer)

    async def meeting(self, id: Id) -> AsyncMeeting:
        """Read a meeting of this client, cancelled or not (`details.status`).

        Raises:
            NotFound: there is no such meeting.

        """
        return AsyncMeeting(self._http, await self.request(operations.meetings_get(id)))

    def meetings(
        self,
        *,
        employee_id: Id | None = None,
        customer_id: str | None = None,
        topic_id: Id | None = None,
        types: Sequence[models.MeetingType | str] | None = None,
        statuses: Sequence[models.MeetingState | str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        changed_since: datetime | None = None,
        changed_until: datetime | None = None,
        order: models.MeetingOrder | str | None = None,
        page_size: int = 100,
    ) -> AsyncPages[models.Meeting]:
        """Iterate over the meetings of this client; for staff, of all clients.

        Without `statuses`, cancelled meetings are left out. Meetings that overlap the time from `start` to `end` match.
        Without `order`, the meeting that was changed first comes first.
        """
        operation = operations.meetings_list(
            employee_id=employee_id,
            customer_id=customer_id,
            topic_id=topic_id,
            type_=types,
            status=statuses,
            from_=start,
            to=end,
            start_date_modified=changed_since,
            end_date_modified=changed_until,
            sort=order,
            limit=page_size,
        )
        return self.pages(operation)

    def events(
        self,
        cursor: str | None = None,
        *,
        types: Sequence[models.EventKind | str] | None = None,
        page_size: int | None = None,
    ) -> AsyncEventLog:
        """Read the log of events after a cursor, or from its beginning. The `cursor` of the result moves on."""
        return AsyncEventLog(self._http, operations.events_list(types=types, limit=page_size), cursor)

    def pages(self, operation: Operation[list[T]]) -> AsyncPages[T]:
        """Iterate over the items of any list: `client.pages(operations.webhooks_list())`."""
        return AsyncPages(self._http, operation)

    async def request(self, operation: Operation[T]) -> T:
        """Send any operation of the API: `client.request(operations.webhooks_create(…))`.

        Raises:
            ApiError: BookMe refused the request, or could not carry it out within the time.
            NoAnswer: no answer came within the time.
            TokenRefused: there is no access token.

        """
        return (await self._http.call(operation)).value

    async def aclose(self) -> None:
        """Close the connections, unless they are of your own httpx client."""
        if self._owned is not None:
            await self._owned.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _tokens(http: httpx.AsyncClient, token: str | AsyncTokenProvider | None, credentials: Credentials) -> AsyncTokens:
    if token is not None:
        return FixedToken(token) if isinstance(token, str) else ProvidedTokens(token)
    if not credentials.client_id or not credentials.client_secret:
        raise TypeError("pass client_id and client_secret, or token")
    return CredentialsTokens(http, credentials)
