"""Connections to the API. Whoever does not send a whole request in time is cut off, and so is whose headers never end.

uvicorn alone waits for a request for ever, byte by byte, and keeps all of its headers meanwhile. And it closes a
connection after 5 s without a request, when most clients and proxies still believe in it: what one sends in that
moment is lost, and it is told of a broken connection.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_SECONDS: Final = 30.0
"""In which a request must have come, headers and body."""

MOST_BYTES: Final = 65_536
"""Of a request before its body."""

MOST_IDLE_SECONDS: Final = 75
"""Between an answer and the next request. Most clients and proxies keep a connection for less, and so close first."""


FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
"""The answer to a connection when there are as many as there may be (`BOOKME_MAX_CONNECTIONS`)."""


class Connection(HttpToolsProtocol):
    """uvicorn's, with a deadline from the moment at which a request can begin until it is there."""

    _deadline: asyncio.TimerHandle | None = None
    _is_in_headers = False
    _bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        most = self.config.limit_concurrency
        if most is not None and len(self.connections) >= most:
            transport.write(FULL)
            transport.close()
            return
        self.timeout_keep_alive = MOST_IDLE_SECONDS
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._expect()
        super().data_received(data)
        if self._is_in_headers:
            self._bytes += len(data)
            if self._bytes > MOST_BYTES and not self.transport.is_closing():
                self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_headers, self._bytes = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a body in pieces is of no use to us, and may be as long as it likes.
        if self._is_in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._has_come()
        super().on_message_complete()

    def _expect(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(MOST_SECONDS, self._cut_off)

    def _has_come(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut_off(self) -> None:
        self._deadline = None
        self.transport.abort()
