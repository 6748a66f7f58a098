"""Translates the messages of error answers.

An English message is its own id, as in gettext. Its parameters are read back out of its text: messages come from stored
refusals, workflows and libraries too, and there they are only text. So all of them are translated in one way, and no
payload has a form of its own for translations.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from fastapi import Request

from api.http.negotiation import preferred_language

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "da")

LONGEST: Final = 1_000
"""Characters of the longest message that is translated. The time to read parameters grows with the square of it."""

LEAST_LETTERS: Final = 3
"""Letters outside the parameters from which on a message counts as a sentence. With fewer, it is only part of one."""

SENTENCE: Final = re.compile(r"(?<=[.?!]) (?=[A-Z])")
QUOTES: Final = ("'", "`")
PLACEHOLDER: Final = re.compile(r"{(\w+)}")


class Template(NamedTuple):
    """A message with parameters: the pattern of its English text, and its translation with placeholders.

    `letters` is the number of letters outside the parameters. `literal` has the parameters that are never translated.
    """

    pattern: re.Pattern[str]
    translation: str
    letters: int
    literal: frozenset[str]


class Translation:
    """The messages of one language. `texts` has the translation of each English message."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        templates = (_template(english, text) for english, text in texts.items() if PLACEHOLDER.search(english))
        self._templates = sorted(templates, key=lambda each: -each.letters)

    def translate(self, message: str) -> str | None:
        """Return the translated message, or None if a sentence of it is not in the catalogue."""
        if len(message) > LONGEST:
            return None
        sentences = [self._sentence(each) for each in SENTENCE.split(message)]
        known = [each for each in sentences if each is not None]
        return " ".join(known) if len(known) == len(sentences) else self._sentence(message)

    def _sentence(self, text: str) -> str | None:
        found = self._find(text.removesuffix("."), LEAST_LETTERS)
        if found is None:
            return None
        begun = f"{found[0].upper()}{found[1:]}" if text[:1].isupper() else found
        return f"{begun}." if text.endswith(".") else begun

    def _find(self, text: str, least_letters: int) -> str | None:
        if text in self._texts:
            return self._texts[text]
        for template in self._templates:
            if template.letters >= least_letters and (found := template.pattern.fullmatch(text)):
                values = found.groupdict()
                words = {name: self._value(values[name]) for name in values if name not in template.literal}
                return template.translation.format_map(values | words)
        return None

    def _value(self, value: str) -> str:
        """Translate a parameter that is a message itself, such as the kind of a resource. Others stay as they are."""
        text = value.strip()
        found = self._find(text, 0) if text else None
        return value if found is None else value.replace(text, found)


def _template(english: str, translation: str) -> Template:
    """Return the template of this message.

    A parameter after a letter may be empty. A parameter in quotes is literal: it is an id or a name of the client.
    """
    names = PLACEHOLDER.findall(english)
    parts = [re.escape(part) for part in PLACEHOLDER.split(english)[::2]]
    pattern = parts[0]
    for name, before, after in zip(names, parts[:-1], parts[1:], strict=True):
        pattern += f"(?P<{name}>.{'*' if before[-1:].isalpha() else '+'}?){after}"
    literal = frozenset(name for name, before in zip(names, parts[:-1], strict=True) if before.endswith(QUOTES))
    letters = sum(map(str.isalpha, PLACEHOLDER.sub("", english)))
    return Template(re.compile(pattern.replace("'", "['\"]"), re.DOTALL), translation, letters, literal)


@cache
def _translation(language: str) -> Translation:
    text = resources.files(__package__).joinpath(f"{language}.json").read_text(encoding="utf-8")
    return Translation(json.loads(text))


def language_of(request: Request) -> str:
    """Return the language of an error answer to this request."""
    return preferred_language(request.headers.get("accept-language", ""), *LANGUAGES)


def translate(message: str, language: str) -> str | None:
    """Return the message in this language, or None if the catalogue does not have it."""
    return message if language == ENGLISH else _translation(language).translate(message)
