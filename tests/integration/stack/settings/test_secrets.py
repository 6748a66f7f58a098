"""What cannot be read is refused without being shown: it may be a password, or a customer's."""

import pytest
from pydantic import ValidationError

from config.settings import Settings
from domain.messages.booking import BookingKey


@pytest.mark.parametrize(
    "url",
    ["postgresql://bookme:s3cret@host:54x32/bookme", "mysql://bookme:s3cret@host/bookme", "s3cret"],
    ids=["a port that is none", "another database", "no address"],
)
def test_an_address_of_a_database(url: str) -> None:
    with pytest.raises(ValidationError, match="must be like postgresql://") as refused:
        Settings.model_validate({"database_url": url})
    assert "s3cret" not in str(refused.value)


def test_a_setting() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"smtp_password": ["s3cret"]})
    assert "s3cret" not in str(refused.value)


def test_a_message() -> None:
    with pytest.raises(ValidationError) as refused:
        BookingKey.model_validate({"client_id": ["s3cret"], "token": "token"})
    assert "s3cret" not in str(refused.value)
