"""The catalogue of Danish messages: `python -m tests.languages.catalogue` brings it up to date with the source.

It adds new messages to `da.po` without a translation, takes those out that the source does not have any more, and
writes `da.json`, which the API reads. A translator edits `da.po` with any editor for gettext.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from tests.languages.extraction import extract

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "api/languages"
SOURCES: Final = (
    "activities/booking.py",
    "api/[!c]*/**/*.py",
    "domain/availability/*.py",
    "domain/*errors.py",
    "domain/mail_addresses.py",
    "services/*/*.py",
    "storage/bookings/*.py",
    "storage/configuration/*.py",
    "storage/database.py",
    "workflows/booking/*.py",
    "workflows/common/*.py",
)
"""Modules that refuse requests of clients."""

OF_OPERATORS: Final = ("BOOKME_", "the discovery document", "the key set", "an outcome is", "{path} has no P-256 key")
"""Beginnings of messages that no client sees: of wrong settings, of the log, and of bugs."""

COMPOSED: Final = (
    "There was an error parsing the body",
    "The request is malformed. {where}: {message}",
    "The patched resource would be malformed. {where}: {message}",
    "is not a member that this request knows; {advice}",
    "does not exist ({name})",
    "{items} or {last}",
    "Problems",
    "All problems",
    "What each error answer means, and what to do about it",
    "Meaning",
    "Cause",
    "What to do",
    "Example",
    "status",
    "the body",
    "the query",
    "the header",
    "the path",
    "the resource",
    "the organisation",
    "be deleted",
    "staff",
    "cancelled",
    "moved",
    "searches",
    "reads",
    "bookings and changes",
    "readings of calendars",
)
"""Messages of the framework, and those that are put together at run time."""


OMITTED: Final = tuple(
    f'"{name}' for name in ("Generated-By", "Language-Team", "Last-T", "PO-R", "POT-C", "Project-Id", "Report-M")
)
"""Headers that say nothing here, or that would change with every run."""


def extracted() -> Catalog:
    """Return the messages of the source, with their places."""
    catalogue = Catalog("da", project="BookMe", fuzzy=False)
    for message, place in (*((each, "") for each in COMPOSED), *_of_the_source()):
        catalogue.add(message, locations=[(place, 0)] if place else [])
    return catalogue


def _of_the_source() -> Iterator[tuple[str, str]]:
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)}):
        with path.open("rb") as source:
            for _, _, message, _ in extract(source, (), (), {}):
                if not message.startswith(OF_OPERATORS):
                    yield message, str(path.relative_to(ROOT))


def translated() -> Catalog:
    with (FOLDER / "da.po").open("rb") as file:
        return read_po(file, locale="da")


def updated() -> Catalog:
    """Return the catalogue with exactly the messages of the source, and the translations that there are."""
    known, catalogue = translated(), extracted()
    for message in catalogue:
        if message.id and (there := known.get(message.id)) is not None:
            message.string = there.string
    return catalogue


def as_po(catalogue: Catalog) -> str:
    """Return the file without places and times, which would change with every other change."""
    catalogue.header_comment = "# Danish messages of BookMe's error answers. See tests/languages/catalogue.py."
    written = io.BytesIO()
    write_po(written, catalogue, width=120, omit_header=False, sort_output=True, no_location=True)
    lines = written.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(OMITTED))


def as_json(catalogue: Catalog) -> str:
    texts = {message.id: message.string for message in catalogue if message.id and message.string}
    return json.dumps(texts, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def main() -> None:
    catalogue = updated()
    (FOLDER / "da.po").write_text(as_po(catalogue), encoding="utf-8")
    (FOLDER / "da.json").write_text(as_json(catalogue), encoding="utf-8")


if __name__ == "__main__":
    main()
