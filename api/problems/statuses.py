"""Texts about problems that have no `reason`, by the `code` of the error answer."""

from collections.abc import Mapping
from typing import Final

from api.problems.text import ProblemText

OF_CODES: Final[Mapping[str, ProblemText]] = {
    "BAD_REQUEST": ProblemText(
        "Malformed request",
        "The request is malformed or contradicts itself; `errors` says where.",
        "A member or parameter is missing, misspelt or not valid, or two parts of the request do not go together.",
        "Correct the fields that `errors` lists. Each entry has a JSON Pointer and a sentence that says what to do. "
        "The same request fails again.",
    ),
    "UNAUTHORIZED": ProblemText(
        "No valid access token",
        "The access token is missing or not valid.",
        "The header `Authorization` is missing, or the token has expired, comes from another issuer or is for another "
        "audience. `WWW-Authenticate` says which.",
        "Get a new access token from the issuer, and send the request again with `Authorization: Bearer <token>`.",
    ),
    "FORBIDDEN": ProblemText(
        "Scope is missing",
        "The access token lacks a scope that this request needs; `WWW-Authenticate` names the scopes.",
        "The client did not ask for the scope when it got its token, or may not have the scope.",
        "Ask the issuer for a token with the scope. If the issuer refuses, ask the operator for the right.",
    ),
    "METHOD_NOT_ALLOWED": ProblemText(
        "Wrong method",
        "This path does not take this method; `Allow` lists the methods that it takes.",
        "The method or the path of the request is wrong.",
        "Compare the request with the OpenAPI document.",
    ),
    "REQUEST_TIMEOUT": ProblemText(
        "Body too slow",
        "The body did not arrive in time.",
        "The connection is slow, or the client sent the headers and not the whole body.",
        "Send the request again.",
    ),
    "CONTENT_TOO_LARGE": ProblemText(
        "Body too large",
        "The body is too large.",
        "The body has more bytes than the operator allows. `message` names the maximum.",
        "Send less. For a calendar file, leave out what is past.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ProblemText(
        "Wrong media type",
        "The body has another media type or coding than this request takes; `Accept` or `Accept-Encoding` names it.",
        "The header `Content-Type` is missing or wrong, or the body is compressed.",
        "Send JSON as `application/json`, and calendar files as `text/calendar`, without a `Content-Encoding`.",
    ),
    "TOO_MANY_REQUESTS": ProblemText(
        "Too many requests",
        "The client has sent too many requests.",
        "The client sends requests faster than the operator allows for one client. `RateLimit-Policy` has the limit.",
        "Wait for the seconds in `Retry-After`, then send the request again. `RateLimit` says how many requests are "
        "left.",
    ),
    "INTERNAL_SERVER_ERROR": ProblemText(
        "Bug in BookMe",
        "A bug in BookMe prevented the answer.",
        "The request met an error that BookMe does not expect.",
        "Report the `requestId` to the operator. Before you send the request again, read the state: the change may "
        "have been made.",
    ),
    "SERVICE_UNAVAILABLE": ProblemText(
        "Outcome not known",
        "A part that the request needs cannot be reached or is too busy, so the outcome is not known.",
        "The database, the workflow engine or the issuer of tokens is down, or there are too many requests at once.",
        "Wait for the seconds in `Retry-After`, then send the same request again. Repeating the same request is safe "
        "and returns its outcome.",
    ),
}
