"""Chooses the media type, the language and the coding of an answer by the request's headers (RFC 9110 section 12.5)."""

import re
from typing import Final

PROBLEM: Final = "application/problem+json"
JSON: Final = "application/json"
HTML: Final = "text/html"

LONGEST: Final = 2_000
"""Characters that are read of `Accept` and of `Accept-Encoding`."""

QUALITY: Final = re.compile(r"q[ \t]*=[ \t]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII | re.IGNORECASE)


def error_media_type(accept: str) -> str:
    """Return `application/json` if the client prefers it, else `application/problem+json`."""
    return preferred_media_type(accept, PROBLEM, JSON)


def preferred_media_type(accept: str, *offered: str) -> str:
    """Return the media type that the client likes most. Of equal ones, and if no one fits, it is the first offered."""
    ranges = [_read(each) for each in accept[:LONGEST].split(",") if each.strip()]
    return max(offered, key=lambda media_type: _quality(ranges, media_type))


def preferred_language(accept_language: str, *offered: str) -> str:
    """Return the language that the client likes most (RFC 4647 section 3.4), such as `da` for `da-DK`.

    Of languages that the client likes equally, it is the first that the client names. If no one fits, it is the first
    offered.
    """
    ranges = [_read(each) for each in accept_language[:LONGEST].split(",") if each.strip()]
    for wanted, quality in sorted(ranges, key=lambda each: -each[1]):
        language = wanted.partition("-")[0]
        if quality > 0 and language in offered:
            return language
    return offered[0]


def accepts_coding(accept_encoding: str, coding: str) -> bool:
    """Return whether the client names this content coding, and not with `q=0`, which refuses the coding."""
    codings = [_read(each) for each in accept_encoding[:LONGEST].split(",")]
    return any(name == coding and quality > 0 for name, quality in codings)


def _read(media_range: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in media_range.split(";"))
    qualities = [found[1] for parameter in parameters if (found := QUALITY.fullmatch(parameter))]
    return name.lower(), float(qualities[0]) if qualities else 1.0


def _quality(ranges: list[tuple[str, float]], media_type: str) -> float:
    """Return the quality of the most specific range that fits, or 0 if no range fits."""
    for wanted in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        fitting = [quality for name, quality in ranges if name == wanted]
        if fitting:
            return max(fitting)
    return 0.0
