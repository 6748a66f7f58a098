"""The codec server refuses to start without what it needs, in one line that says what to do."""

import base64
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from config.addresses import origin_of, origins_of_ui

KEY = base64.b64encode(bytes(32)).decode()
WHOLE = {
    "BOOKME_PAYLOAD_KEY": KEY,
    "BOOKME_AUTH_ISSUER": "https://issuer.example",
    "BOOKME_TEMPORAL_UI_URL": "https://temporal.example",
}
DEVELOPMENT = {"BOOKME_AUTH_ISSUER": "", "BOOKME_DEV_ISSUER": "true"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"BOOKME_PAYLOAD_KEY": ""}, "BOOKME_PAYLOAD_KEY is not set"),
        ({"BOOKME_PAYLOAD_KEY": "short"}, "BOOKME_PAYLOAD_KEY must be 32 bytes in base64"),
        ({"BOOKME_AUTH_ISSUER": ""}, "BOOKME_AUTH_ISSUER must name the issuer"),
        ({"BOOKME_TEMPORAL_UI_URL": ""}, "BOOKME_TEMPORAL_UI_URL must be the address of the Temporal UI"),
        ({"BOOKME_TEMPORAL_UI_URL": "temporal.example"}, "BOOKME_TEMPORAL_UI_URL: must be an http or https address"),
        (DEVELOPMENT, "the codec server listens on loopback only, not on 0.0.0.0"),
    ],
)
def test_what_is_missing_is_said(
    changed: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (WHOLE | changed).items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["codec", "--host", "0.0.0.0"])
    assert result.exit_code == 1
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Temporal.Example/ui/", "https://temporal.example"),
        ("https://temporal.example:443", "https://temporal.example"),
        ("https://temporal.example:8443/x?y", "https://temporal.example:8443"),
        ("http://10.0.0.7:80", "http://10.0.0.7"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://user:secret@ui.example", "http://ui.example"),
        ("ftp://temporal.example", None),
        ("temporal.example", None),
        ("https://", None),
        ("https://temporal.example:99999", None),
        ("https://[temporal", None),
    ],
)
def test_the_origin_of_an_address(address: str, origin: str | None) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize("address", ["http://localhost:8233/", "http://127.0.0.1:8233", "http://[::1]:8233"])
def test_loopback_has_two_usual_names(address: str) -> None:
    assert {"http://localhost:8233", "http://127.0.0.1:8233"} <= set(origins_of_ui(address))


def test_another_host_has_one_name() -> None:
    assert origins_of_ui("https://temporal.example/ui") == ["https://temporal.example"]
