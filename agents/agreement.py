"""Agreement of the user, before a tool does what is final: by a question to the user, or by an explicit argument."""

from typing import Annotated, Final

from mcp.server.mcpserver import AcceptedElicitation, DeclinedElicitation, Elicit, ElicitationResult
from pydantic import BaseModel, Field

from agents.backend import Call
from agents.results import Changed, MeetingShown

UserAgreed = Annotated[
    bool,
    Field(
        description="Set true only after the user has explicitly agreed to exactly this: day, time, employee and "
        "meeting. Never decide for the user. Without effect where the client can ask the user itself."
    ),
]

DECLINED: Final = "The user declined, so nothing was changed. Do not repeat the call unless the user asks for it."
DISMISSED: Final = "The user did not answer, so nothing was changed. Ask the user whether to repeat the call."
ASK_FIRST: Final = (
    "Nothing was changed. Ask the user: “{question}” After an explicit yes, call this tool again with the same "
    "arguments and user_agreed=true."
)


class Agreement(BaseModel):
    """Answer of the user to the question."""

    agreed: bool = Field(title="I agree", description="Yes: do this now.")


class Missing(Agreement):
    """No answer, because the client cannot ask its user. The model asks the question, and repeats its call."""

    agreed: bool = False
    question: str


Agreed = ElicitationResult[Agreement]


def ask(call: Call, question: str, *, user_agreed: bool) -> Agreement | Elicit[Agreement]:
    """Return the question for the user, or the argument `user_agreed` if the client cannot ask its user."""
    if can_ask(call):
        return Elicit(question, Agreement)
    return Agreement(agreed=True) if user_agreed else Missing(question=question)


def can_ask(call: Call) -> bool:
    """Return whether the client shows forms to its user. An empty declaration means forms."""
    capabilities = call.client_capabilities
    declared = capabilities.elicitation if capabilities else None
    return declared is not None and (declared.form is not None or declared.url is None)


def refusal(answer: Agreed, meeting: MeetingShown | None = None) -> Changed | None:
    """Return the result of a tool without the user's agreement, or None with it."""
    if isinstance(answer, AcceptedElicitation):
        if answer.data.agreed:
            return None
        if isinstance(answer.data, Missing):
            return Changed(done=False, meeting=meeting, next=ASK_FIRST.format(question=answer.data.question))
        return Changed(done=False, meeting=meeting, next=DECLINED)
    words = DECLINED if isinstance(answer, DeclinedElicitation) else DISMISSED
    return Changed(done=False, meeting=meeting, next=words)
