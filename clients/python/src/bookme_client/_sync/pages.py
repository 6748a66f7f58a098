"""Lists that are read page by page while the caller iterates."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from bookme_client import models
from bookme_client._sync.http import Http
from bookme_client.operation import Operation

T = TypeVar("T")


class Pages(Generic[T]):
    """The items of a list. Each iteration reads the list from its beginning, one page after another."""

    def __init__(self, http: Http, operation: Operation[list[T]]) -> None:
        self._http = http
        self._operation = operation

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            for item in page:
                yield item

    def pages(self) -> Iterator[list[T]]:
        """Iterate over whole pages."""
        operation: Operation[list[T]] | None = self._operation
        while operation is not None:
            answer = self._http.call(operation)
            yield answer.value
            operation = None if answer.next_query is None else replace(operation, query=answer.next_query)

    def first(self) -> T | None:
        """Return the first item, or None if the list is empty."""
        for item in self:
            return item
        return None

    def all(self) -> list[T]:
        """Read all pages, and return their items."""
        return [item for item in self]


class EventLog:
    """The events after a cursor, in order. Save `cursor` when you have processed what came before.

    `cursor` moves on when the last event of a page has been taken. So a program that stops in the middle of a page
    gets the events of this page again.
    """

    def __init__(self, http: Http, operation: Operation[models.Events], cursor: str | None) -> None:
        self._http = http
        self._operation = operation
        self.cursor = cursor

    def __iter__(self) -> Iterator[models.Event]:
        """Iterate over the events that exist now. A later iteration continues at `cursor`.

        Raises:
            CursorExpired: the event at the cursor was deleted, because it was older than the retention period.
            CursorLost: the database was restored, and does not have the events up to the cursor.

        """
        has_more = True
        while has_more:
            query = {**self._operation.query, "cursor": self.cursor}
            answer = self._http.call(replace(self._operation, query=query))
            for event in answer.value.events:
                yield event
            self.cursor, has_more = answer.value.cursor, answer.next_query is not None
