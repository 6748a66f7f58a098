"""Start page at `/`: links to the documentation, to the state of the API, and to the Temporal UI. Open to everybody.

The page contains no data. A link to the Temporal UI contains only a query. The UI itself asks operators to sign in.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from importlib import metadata
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from api.dependencies import Shared
from api.http.negotiation import HTML, JSON, preferred_media_type
from api.problems.html import POLICY, page
from config.settings import Settings
from workflows.common.saved_queries import saved_links

router = APIRouter()

VERSION: Final = metadata.version("bookme")


class Link(BaseModel):
    """A link of the start page. `href` is relative to `/` for the addresses of this API."""

    title: str
    description: str
    href: str


class StartPage(BaseModel):
    """The content of the start page."""

    name: str = "BookMe"
    version: str = VERSION
    pages: list[Link] = Field(default_factory=list)
    documentation: list[Link] = Field(default_factory=list)
    state: list[Link]
    operators: list[Link] = Field(default_factory=list)


@router.head("/", include_in_schema=False)
@router.get("/", include_in_schema=False)
async def start_page(request: Request, shared: Shared) -> Response:
    """Answer the start page as HTML, or as JSON if the client prefers JSON."""
    content = content_of(shared.settings, datetime.now(UTC), shared.engine.client.namespace)
    headers = {"Vary": "Accept"}
    if preferred_media_type(request.headers.get("accept", ""), HTML, JSON) == JSON:
        return JSONResponse(content.model_dump(), headers=headers)
    return HTMLResponse(html_of(content), headers=headers | {"Content-Security-Policy": POLICY})


def content_of(settings: Settings, now: datetime, namespace: str) -> StartPage:
    """Return the links that exist with these settings. `now` decides which day is "today" in links to the UI."""
    # Relative addresses, so that a proxy may put a prefix before the path.
    documentation = [
        Link(title="Documentation", description="All operations, and a form to try each of them.", href="docs"),
        Link(title="OpenAPI document", description="For generators of clients.", href="openapi.json"),
    ]
    problems = Link(title="Problems", description="What each error means, and what to do about it.", href="problems")
    state = [
        Link(title="Readiness", description="Whether the database and Temporal can be used.", href="health/ready"),
        Link(title="Liveness", description="Whether this process answers.", href="health/live"),
    ]
    pages = [
        Link(title="Booking page", description="Book, move and cancel a meeting as a customer.", href="demo"),
        Link(title="Staff board", description="A day of the employees, with meetings and holds.", href="demo/board"),
    ]
    return StartPage(
        pages=pages if settings.demo_pages else [],
        documentation=[*(documentation if settings.serve_docs else ()), problems],
        state=state,
        operators=_operators_links(settings.temporal_ui_url, now, namespace),
    )


def _operators_links(ui_url: str | None, now: datetime, namespace: str) -> list[Link]:
    if ui_url is None:
        return []
    saved = saved_links(ui_url, now, namespace)
    return [Link(title=each.title, description=each.explanation, href=each.url) for each in saved]


def html_of(content: StartPage) -> str:
    """Return the start page as HTML, without scripts, and without anything from another address."""
    sections = "".join(
        (
            _section("Try it", "Pages of the development stack.", content.pages),
            _section("For developers", "", content.documentation),
            _section("State", "", content.state),
            _section("For operators", "Lists of runs in the Temporal UI. Days are days in UTC.", content.operators),
        )
    )
    introduction = (
        f"<h1>{content.name}</h1>\n<p>REST API that books meetings between customers and employees. "
        f"Version {escape(content.version)}.</p>\n"
    )
    return page(content.name, introduction + sections)


def _section(title: str, note: str, links: Iterable[Link]) -> str:
    """Return a section with a list of links, or nothing if there are no links."""
    items = "".join(
        f'<li><a href="{escape(link.href)}">{escape(link.title)}</a><br>{escape(link.description)}</li>\n'
        for link in links
    )
    explained = f"<p>{escape(note)}</p>\n" if note else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{explained}<ul>\n{items}</ul>\n</section>\n" if items else ""
