"""The API can serve its metrics at an address of its own, away from the port that clients reach."""

import re
import socket

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from typer.testing import CliRunner

from api.app import create_app
from cli.main import app as command
from config.addresses import host_and_port
from config.ports import LOOPBACK
from config.settings import Settings

ISSUER = "https://issuer.example"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
        ("localhost:1", ("localhost", 1)),
        ("[::]:65535", ("::", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(address) == parts


@pytest.mark.parametrize("setting", ["metrics_address", "worker_metrics_address"])
@pytest.mark.parametrize("address", ["9464", ":9464", "localhost", "localhost:", "host:0", "::1:65536", "a:\uff19"])
def test_another_text_is_refused(setting: str, address: str) -> None:
    with pytest.raises(ValidationError, match="must be host:port"):
        Settings.model_validate({setting: address})


def test_a_taken_port_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        address = f"{LOOPBACK}:{taken.getsockname()[1]}"
        monkeypatch.setenv("BOOKME_AUTH_ISSUER", ISSUER)
        monkeypatch.setenv("BOOKME_METRICS_ADDRESS", address)
        result = CliRunner().invoke(command, ["api"])
    assert result.exit_code == 1
    assert re.fullmatch(rf"bookme: BOOKME_METRICS_ADDRESS: {address} cannot be listened on: .+\.\n", result.stderr)


@pytest.mark.parametrize(("address", "status"), [(None, 200), ("127.0.0.1:9464", 404)])
async def test_clients_reach_the_metrics_unless_they_have_an_address(address: str | None, status: int) -> None:
    app: FastAPI = create_app(Settings(auth_issuer=ISSUER, metrics_address=address))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bookme.test") as http:
        assert (await http.get("/metrics")).status_code == status
        assert (await http.head("/metrics")).status_code == status
    assert ("/metrics" in app.openapi()["paths"]) is (status == 200)
