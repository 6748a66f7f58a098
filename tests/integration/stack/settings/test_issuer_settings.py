"""Keys that come over a connection which others can change would let them make tokens: refused at the start."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from cli.main import app
from config.settings import Settings

ISSUER = "https://issuer.example"


@pytest.mark.parametrize("setting", ["auth_issuer", "auth_jwks_url"])
@pytest.mark.parametrize(
    "address",
    [
        "http://issuer.example",
        "HTTP://issuer.example/realms/bank",
        "http://127.0.0.1.example",
        "http://127.0.0.1@issuer.example",
        "http://10.0.0.7:8080",
        "http://keycloak:8080/realms/bank",
        "ftp://issuer.example",
        "issuer.example",
        "https://",
        "https://issuer.example:99999",
        "https://[issuer.example",
    ],
)
def test_an_address_without_tls_is_refused(setting: str, address: str) -> None:
    with pytest.raises(ValidationError, match="must be https"):
        Settings.model_validate({"auth_issuer": ISSUER, setting: address})


@pytest.mark.parametrize(
    "address",
    [ISSUER, "https://issuer.example:8443/realms/bank", "http://127.0.0.1:8080", "http://[::1]", "http://localhost"],
)
def test_https_and_loopback_are_accepted(address: str) -> None:
    settings = Settings.model_validate({"auth_issuer": address, "auth_jwks_url": f"{address}/keys"})
    assert (settings.auth_issuer, settings.auth_jwks_url) == (address, f"{address}/keys")


def test_the_api_says_so_instead_of_starting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOOKME_AUTH_ISSUER", "http://keycloak:8080/realms/bank")
    result = CliRunner().invoke(app, ["api"])
    assert result.exit_code == 1
    assert "BOOKME_AUTH_ISSUER: must be https" in result.stderr
    assert result.stderr.count("\n") == 1
