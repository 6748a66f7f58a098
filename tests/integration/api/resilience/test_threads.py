"""No request is handed to another thread: in a crowd each hand-over waits for the interpreter, some for long."""

import anyio.to_thread
import pytest

from tests.integration.api.support import ENDPOINTS, EVERY_SCOPE, Endpoint
from tests.support.clients import ApiClient

pytestmark = pytest.mark.ci


@pytest.mark.usefixtures("configurable")
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
async def test_each_endpoint_is_served_where_it_arrives(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint
) -> None:
    anybody = await client.as_another("staff", EVERY_SCOPE)
    handed_over = []

    async def run_sync(call: object, *_: object, **__: object) -> None:
        handed_over.append(call)

    monkeypatch.setattr(anyio.to_thread, "run_sync", run_sync)
    await endpoint.call(anybody)
    assert not handed_over
