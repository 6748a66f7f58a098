"""Mail addresses: which ones are accepted, and in which form."""

import pytest

from domain.calendar.file import Person, is_reachable
from domain.mail_addresses import normalised_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("freja@bank.example", "freja@bank.example"),
        ("Freja.L+vip@Bank.EXAMPLE", "Freja.L+vip@bank.example"),
        ("freja@københavn.example", "freja@xn--kbenhavn-54a.example"),
        ("freja@bank.local", "freja@bank.local"),
        ("freja@mailhost", "freja@mailhost"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert normalised_address(text) == address
    assert is_reachable(Person(None, address))


@pytest.mark.parametrize(
    "text",
    [
        *("", "freja", "@b.example", "a@", "a@b@c.example", "a..b@c.example", ".a@b.example", "a b@c.example"),
        *("a@b.example\n", "a@b.example\r\nBcc: eve@example.com", "Freja <a@b.example>", "mailto:a@b.example"),
        *("a@b.example,c@d.example", "å@b.example", "a@-b.example", "a@b..example", "a@[127.0.0.1]"),
        *('"a b"@c.example', "a" * 65 + "@b.example", "a@" + "b." * 130 + "example"),
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be a mail address"):
        normalised_address(text)
