"""Connections to the API, with limits on the time and the headers of a request, and on the number of connections.

Without these limits, uvicorn waits for a request without end, and keeps all its headers in memory. With its defaults,
uvicorn also closes a connection after 5 s without a request. Most clients and proxies still use the connection then. A
request that is sent at that moment is lost, and its client gets a connection error.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_SECONDS: Final = 30.0
"""Seconds within which a whole request must arrive, headers and body."""

MOST_BYTES: Final = 65_536
"""Limit in bytes of a request before its body."""

MOST_IDLE_SECONDS: Final = 75
"""Seconds between an answer and the next request. Most clients and proxies close an idle connection earlier."""


FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
"""Answer to a new connection when the number of connections is at its limit (`BOOKME_MAX_CONNECTIONS`)."""


class Connection(HttpToolsProtocol):
    """Connection of uvicorn with a deadline for each request.

    The deadline starts when a request can begin, and ends when the whole request has arrived.
    """

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
        # Ignore the trailer fields after a chunked body: the API does not use them, and their size has no limit.
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
