"""How invitations are switched on, and what is refused before a password goes where it must not."""

import pytest
from pydantic import ValidationError

from config.settings import Settings
from integrations.email.smtp import MailServer
from workers.main import mail_server

LOGIN = {"smtp_username": "bookme", "smtp_password": "not for everybody"}


def settings(**smtp: object) -> Settings:
    return Settings.model_validate({"smtp_host": "mail.example.com", **smtp})


def test_they_are_off_unless_a_host_is_set() -> None:
    assert mail_server(Settings(smtp_host=None)) is None


def test_a_host_is_enough() -> None:
    assert mail_server(settings()) == MailServer("mail.example.com", 587, "starttls")


def test_all_of_it() -> None:
    server = mail_server(settings(**LOGIN, smtp_port=465, smtp_security="tls", smtp_from="booking@example.com"))
    assert server == MailServer(
        "mail.example.com", 465, "tls", "bookme", "not for everybody", sender="booking@example.com"
    )
    assert "everybody" not in repr(server)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"smtp_username": "bookme"}, "go together"),
        ({"smtp_password": "secret"}, "go together"),
        (LOGIN | {"smtp_security": "none"}, "starttls or tls"),
        ({"smtp_security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"smtp_port": 0}, "greater than"),
        ({"smtp_from": "booking"}, "must be a mail address"),
        ({"smtp_from": "a..b@example.com"}, "must be a mail address"),
        ({"smtp_from": "booking@example.com\r\nBcc: eve@example.com"}, "must be a mail address"),
    ],
)
def test_what_cannot_be(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        settings(**wrong)
