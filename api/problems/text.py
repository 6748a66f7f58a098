"""Text about one problem. The problem pages, `docs/problems.md` and the OpenAPI document show the same texts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemText:
    """Explanation of a problem for developers of clients, in Markdown with only backticks.

    `title` names the problem in a few words. `meaning`, `cause` and `action` are sentences: `meaning` says which facts
    the answer has, `cause` says how the problem comes about, and `action` says what the client does about it.
    """

    title: str
    meaning: str
    cause: str
    action: str
