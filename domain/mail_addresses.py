"""Check mail addresses, without a request to any server."""

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from domain.calendar.file import Person, is_reachable

# The library refuses domains in this list. Mail servers of internal networks use `local`.
if "local" in SPECIAL_USE_DOMAIN_NAMES:
    SPECIAL_USE_DOMAIN_NAMES.remove("local")

NOT_AN_ADDRESS = "must be a mail address, such as booking@example.com"


def normalised_address(text: str) -> str:
    """Return the address in ASCII, with its domain in lower case.

    Domains of internal networks (`bank.local`, `mailhost`) are accepted.

    Raises:
        ValueError: calendars and mail servers cannot use the text as an address.

    """
    try:
        found = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
    except EmailNotValidError:
        raise ValueError(NOT_AN_ADDRESS) from None
    address = found.ascii_email
    if address is None or not is_reachable(Person(None, address)):
        raise ValueError(NOT_AN_ADDRESS)
    return address
