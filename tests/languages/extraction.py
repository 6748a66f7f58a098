"""Finds the messages of error answers in the source, for Babel.

The source has plain strings and f-strings, without marks for translators: the same messages go into logs, events and
Temporal. So this module takes the texts in calls of error classes, in the variables and tables that have messages, and
in the functions that return one. The sentences of a text are messages of their own.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

from domain import errors, meeting_errors

CALLS: Final = {
    *(name for module in (errors, meeting_errors) for name, each in vars(module).items() if isinstance(each, type)),
    *("AmbiguousJson", "HTTPException", "InsufficientScope", "StorageUnavailable", "Unauthorized", "Unavailable"),
    *("ProblemText", "UnusableRequest", "ValueError", "__init__", "_invalid", "_unusable", "must", "problem"),
}
"""Functions whose arguments have messages or parts of messages."""

RETURNS: Final = {"_advice", "_why", "_why_not_json", "contradiction"}
"""Functions that return a message or a part of one."""

VARIABLES: Final = {"advice", "at", "by", "how", "message", "other", "until", "why", "word"}
"""Variables that have a message or a part of one."""

TABLES: Final = {
    *("ABANDONED", "ADVICE", "AN_INTEGER", "AN_OBJECT", "A_DURATION", "A_TIME", "A_UUID", "FALLBACK", "FIXED"),
    *(
        "FREE_ROOMS",
        "HOW_RELEASED",
        "MOVE_IT",
        "NAMES",
        "NOT_AN_ADDRESS",
        "PATTERNS",
        "SENTENCES",
        "SYNONYMS",
        "TOO_FAR",
        "WHY",
        "_REASONS",
    ),
}
"""Constants that have messages or parts of messages."""

KINDS: Final = {
    *("AlreadyExists", "InUse", "NotFound", "NotYours", "TimeSlotTaken", "VersionMismatch"),
    *("HOW_RELEASED", "NAMES", "SYNONYMS", "word"),
}
"""Calls and constants in which a single word counts too: a kind of resource."""

SPLIT: Final = re.compile(r"(?<=[.?!])(?={)|(?<=[.?!}]) (?=[A-Z])|(?<=[.?!]) (?={)")
PLACEHOLDER: Final = re.compile(r"{\w+}")

Text = ast.Constant | ast.JoinedStr
Message = tuple[int, str, str, list[str]]


def extract(source: IO[bytes], _keywords: object, _tags: object, options: Mapping[str, Any]) -> Iterator[Message]:
    """Yield line number, function, message and comments, in the form of Babel's extraction methods."""
    for node in ast.walk(ast.parse(source.read())):
        value, may_be_word = _value(node)
        for text in _texts(value) if value is not None else ():
            for message in messages(template(text), may_be_word=may_be_word):
                yield text.lineno, "", message, []


def _value(node: ast.AST) -> tuple[ast.AST | None, bool]:
    """Return the part of the node that has messages, and whether a single word counts as one."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in CALLS:
            return ast.Tuple([*node.args, *(each.value for each in node.keywords)]), name in KINDS
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            return (value, name in KINDS) if name in VARIABLES | TABLES else (None, False)
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return (value, name in KINDS) if name in TABLES else (None, False)
        case ast.FunctionDef(name=name, body=body) if name in RETURNS:
            dicts = [each for part in body for each in ast.walk(part) if isinstance(each, ast.Dict)]
            returned = [each.value for part in body for each in ast.walk(part) if isinstance(each, ast.Return)]
            keys = [key for each in dicts for key in each.keys]
            return ast.Tuple([each for each in (*returned, *keys) if each is not None]), False
        case _:
            return None, False


def _texts(node: ast.AST) -> Iterator[Text]:
    """Yield the strings of an expression, and those in the placeholders of f-strings."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.JoinedStr(values=values):
            yield node
            for part in values:
                yield from _texts(part.value) if isinstance(part, ast.FormattedValue) else ()
        case ast.Dict(values=values):
            for value in values:
                yield from () if isinstance(value, ast.Tuple) else _texts(value)
        case ast.Compare() | ast.Subscript():
            return
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in CALLS:
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _texts(child)


def template(text: Text) -> str:
    """Return the text with named placeholders for its values: `f"at most {MOST} bytes"` is `at most {most} bytes`."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    parts: list[str] = []
    for part in text.values:
        if isinstance(part, ast.FormattedValue):
            placeholder = f"{{{_name(part.value)}}}"
            while placeholder in parts:
                placeholder = f"{placeholder[:-1]}_}}"
            parts.append(f"'{placeholder}'" if part.conversion == ord("r") else placeholder)
        elif isinstance(part, ast.Constant):
            parts.append(str(part.value))
    return "".join(parts)


def _name(value: ast.expr) -> str:
    match value:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.strip("_").lower()
        case ast.Call(args=[*_, last]):
            return _name(last)
        case _:
            return "value"


def messages(text: str, *, may_be_word: bool = False) -> list[str]:
    """Split a text into sentences, without spaces and full stops around them. Leave out what is no message."""
    found = [part.strip().removesuffix(".") for part in SPLIT.split(text)]
    return [each for each in found if _is_message(PLACEHOLDER.sub("", each), may_be_word=may_be_word)]


def _is_message(words: str, *, may_be_word: bool) -> bool:
    return bool(re.search("[a-z]{2}", words)) and (" " in words or (may_be_word and words.islower()))
