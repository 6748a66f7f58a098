"""The receiver that docs/api.md shows does what it says."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from standardwebhooks import Webhook

from tests.docs.test_documented import API

SECRET: Final = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY: Final = '{"id":"evt_1","type":"meeting.created","timestamp":"2026-11-23T09:30:00.000Z","data":{}}'


async def test_the_receiver_of_the_documentation_verifies_and_knows_repeats() -> None:
    shown: dict[str, Any] = {}
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", API, re.DOTALL) if "standardwebhooks" in block]
    exec(compile(example, "docs/api.md", "exec"), shown)  # the page's own code
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, BODY),
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shown["app"]), base_url="http://shop.test") as sender:
        for _ in range(2):
            assert (await sender.post("/bookme", content=BODY, headers=headers)).status_code == 204
        assert (await sender.post("/bookme", content=BODY.replace("1", "2"), headers=headers)).status_code == 401
    assert shown["seen"] == {"evt_1"}
