"""An API process serves before its OpenAPI document is built, and builds the document once."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api.openapi import documented
from api.serving import documented_meanwhile
from config.settings import Settings
from devstack.processes import until

PATIENCE = 30.0


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, str]]:
    yield {"of": "the app"}


async def test_requests_do_not_wait_for_the_document() -> None:
    app, serving, built = FastAPI(), threading.Event(), threading.Event()

    def build() -> dict[str, Any]:
        assert serving.wait(PATIENCE)
        built.set()
        return {}

    app.openapi = build  # type: ignore[method-assign]  # as FastAPI documents it

    async def is_built() -> bool:
        return built.is_set()

    async with documented_meanwhile(lifespan)(app) as state:
        assert state == {"of": "the app"}
        assert not built.is_set()
        serving.set()
        await until(is_built, PATIENCE)


async def test_several_threads_build_one_complete_document() -> None:
    app, generated = FastAPI(title="BookMe"), 0
    generate = app.openapi

    @app.get("/thing")
    def thing() -> None:
        pass

    def counted() -> dict[str, Any]:
        nonlocal generated
        generated += 1
        return generate() | {"components": {"schemas": {}}}

    app.openapi = counted  # type: ignore[method-assign]  # as FastAPI documents it
    app.openapi = documented(app, Settings(dev_issuer=True))  # type: ignore[method-assign]  # as FastAPI documents it
    documents = await asyncio.gather(*(asyncio.to_thread(app.openapi) for _ in range(8)))
    assert generated == 1
    assert all("responses" in each["components"] for each in documents)
