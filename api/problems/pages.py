"""Pages about problems at `/problems`: HTML for people, JSON for programs. Open to everybody."""

import json
import re
from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.http.negotiation import HTML, JSON, preferred_media_type
from api.languages import language_of, translate
from api.problems.html import POLICY, page
from api.problems.names import PATH, TEXTS, example_of, status_of
from api.schemas.problems import code_of

router = APIRouter(prefix=PATH)


class ProblemPage(BaseModel):
    """Explanation of one problem. `name` is its `reason`, or its `code` if its error answers have no `reason`."""

    type: str = Field(description="The address of this explanation.")
    name: str
    title: str
    status: int
    code: str
    meaning: str
    cause: str
    action: str
    example: dict[str, object]


@router.head("", include_in_schema=False)
@router.get("", include_in_schema=False)
async def list_problems(request: Request) -> Response:
    """Answer all problems, ordered by their status."""
    pages = sorted((explain(request, name) for name in TEXTS), key=lambda each: (each.status, each.name))
    language = language_of(request)
    if prefers_json(request):
        return answer_json([each.model_dump() for each in pages], language)
    return answer_html(said("Problems", language), list_as_html(pages, language), language)


@router.head("/{name}", include_in_schema=False)
@router.get("/{name}", include_in_schema=False)
async def show_problem(request: Request, name: str) -> Response:
    """Answer the explanation of one problem."""
    if name not in TEXTS:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    explained, language = explain(request, name), language_of(request)
    if prefers_json(request):
        return answer_json(explained.model_dump(), language)
    return answer_html(f"{explained.title} ({name})", as_html(explained, language), language)


def said(text: str, language: str) -> str:
    """Return the text in this language. A test checks that the catalogue has all texts of the pages."""
    return translate(text, language) or text


def explain(request: Request, name: str) -> ProblemPage:
    """Return the explanation in the language of the client. The example stays in English."""
    example, text, status = example_of(request.app.state.public_url, name), TEXTS[name], status_of(name)
    language = language_of(request)
    return ProblemPage(
        type=example["type"],
        name=name,
        title=said(text.title, language),
        status=status,
        code=code_of(status),
        meaning=said(text.meaning, language),
        cause=said(text.cause, language),
        action=said(text.action, language),
        example=example,
    )


def prefers_json(request: Request) -> bool:
    return preferred_media_type(request.headers.get("accept", ""), HTML, JSON) == JSON


def answer_json(content: object, language: str) -> JSONResponse:
    return JSONResponse(content, headers=negotiated(language))


def answer_html(title: str, content: str, language: str) -> HTMLResponse:
    headers = {**negotiated(language), "Content-Security-Policy": POLICY}
    return HTMLResponse(page(title, content, language), headers=headers)


def negotiated(language: str) -> dict[str, str]:
    return {"Vary": "Accept, Accept-Language", "Content-Language": language}


def as_html(explained: ProblemPage, language: str) -> str:
    """Return the content of one page. Its links are relative, so that a proxy may put a prefix before the path."""
    sections = (("Meaning", explained.meaning), ("Cause", explained.cause), ("What to do", explained.action))
    example = escape(json.dumps(explained.example, indent=2, ensure_ascii=False), quote=False)
    return (
        f"<h1>{escape(explained.title)}</h1>\n"
        f"<p><code>{explained.name}</code>, {said('status', language)} {explained.status}, <code>code</code> "
        f"<code>{explained.code}</code></p>\n"
        + "".join(f"<h2>{said(heading, language)}</h2>\n<p>{marked_up(text)}</p>\n" for heading, text in sections)
        + f"<h2>{said('Example', language)}</h2>\n<pre>{example}</pre>\n"
        f'<p><a href="../problems">{said("All problems", language)}</a></p>\n'
    )


def list_as_html(pages: Iterable[ProblemPage], language: str) -> str:
    items = "".join(
        f'<li><a href="problems/{each.name}">{escape(each.title)}</a> <code>{each.name}</code> {each.status}<br>'
        f"{marked_up(each.meaning)}</li>\n"
        for each in pages
    )
    introduction = said("What each error answer means, and what to do about it.", language)
    return f"<h1>{said('Problems', language)}</h1>\n<p>{introduction}</p>\n<ul>\n{items}</ul>\n"


def marked_up(text: str) -> str:
    """Return the text as HTML. Words between backticks become code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
