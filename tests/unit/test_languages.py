"""Messages of error answers in Danish: the catalogue is complete, and parameters come through."""

import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from babel.messages import Message

from api.http.negotiation import preferred_language
from api.languages.translation import LONGEST, PLACEHOLDER, translate
from domain import errors
from domain.availability.facts import ADVICE, WHY
from domain.availability.rules import Rule
from tests.languages import catalogue

TRANSLATED = catalogue.translated()
MEETING = UUID("3f0d8f8e-2a35-4d7c-8f43-b1c6c8f4a2d7")
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def test_the_catalogue_has_the_messages_of_the_source_and_no_others() -> None:
    assert {message.id for message in TRANSLATED} == {message.id for message in catalogue.extracted()}


def test_the_file_that_the_api_reads_is_up_to_date() -> None:
    assert (catalogue.FOLDER / "da.json").read_text(encoding="utf-8") == catalogue.as_json(TRANSLATED)


@pytest.mark.parametrize("message", [each for each in TRANSLATED if each.id], ids=lambda message: message.id[:40])
def test_each_message_is_translated_with_the_same_placeholders(message: Message) -> None:
    assert message.string, f"{message.id!r} has no translation in api/languages/da.po"
    assert sorted(PLACEHOLDER.findall(str(message.string))) == sorted(PLACEHOLDER.findall(str(message.id)))
    assert not message.fuzzy
    assert message.string[-1] != "."


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_has_its_danish_text(rule: Rule) -> None:
    said = translate(errors.NotOffered(rule, WHY[rule], ADVICE.get(rule, "")).message, "da")
    assert said is not None
    assert said.startswith("Denne tid tilbydes ikke: ")
    assert "the " not in said


@pytest.mark.parametrize(
    ("message", "danish"),
    [
        (errors.HoldExpired().message, "Reservationen af denne tid udløb. Reservér tiden igen."),
        (
            errors.TimeSlotTaken("employee", AT).message,
            (
                "Medarbejderen er optaget på det tidspunkt. Tiden er holdt indtil 2026-11-23T09:30:00.000Z. "
                "Søg igen efter en ledig tid."
            ),
        ),
        (
            errors.HoldReleased("freed when its meeting was moved", MEETING).message,
            f"Reservationen af denne tid er slut: den blev frigivet, da mødet blev flyttet. Se mødet {MEETING}.",
        ),
        (errors.NotFound("time slot", "x'y").message, "Tiden 'x'y' findes ikke."),
        (errors.NotFound("room", "meeting").message, "Lokalet 'meeting' findes ikke."),
        (
            "The request is malformed. /type: must be 'online', 'physical' or 'telephone'.",
            "Anmodningen har en forkert form. /type: skal være 'online', 'physical' eller 'telephone'.",
        ),
        (
            "The request is malformed. /titel: is not a member that this request knows; did you mean `title`?",
            "Anmodningen har en forkert form. /titel: er ikke et felt, som denne anmodning kender; mente du `title`?",
        ),
        (
            "Too many searches are under way. Repeating the same request is safe.",
            "Der er for mange søgninger i gang. Du kan trygt gentage den samme anmodning.",
        ),
    ],
)
def test_parameters_are_read_back_out_of_the_message(message: str, danish: str) -> None:
    assert translate(message, "da") == danish
    assert translate(message, "en") == message


@pytest.mark.parametrize("message", ["Nobody has translated this.", "The meeting has begun. Nor this.", ""])
def test_a_message_is_translated_as_a_whole_or_not(message: str) -> None:
    assert translate(message, "da") is None


@pytest.mark.parametrize(
    "hostile",
    ["'" * LONGEST, "The '" * 200, "a or " * 200, ": " * 500, "The a 'b' is in use (c) and cannot " * 28, "x" * 10**6],
)
def test_no_message_takes_long(hostile: str) -> None:
    translate("The meeting has begun.", "da")
    began = time.process_time()
    translate(hostile, "da")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("da", "da"),
        ("da-DK, da;q=0.9, en;q=0.8", "da"),
        ("DA-dk", "da"),
        ("en-GB, da;q=0.5", "en"),
        ("sv, da;q=0.3", "da"),
        ("da, en", "da"),
        ("en, da", "en"),
        ("da;q=0", "en"),
        ("*", "en"),
        ("fr, *;q=0.1", "en"),
        ("dan", "en"),
        (";;;,,,q=", "en"),
        ("da;q=0.5, en;q=0.4, " + "x," * 10_000, "da"),
    ],
)
def test_the_client_chooses_the_language(accepted: str, language: str) -> None:
    assert preferred_language(accepted, "en", "da") == language
