"""Shares applications between tests: to make one takes longer than most tests."""

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.routing import BaseRoute

from api.app import create_app
from config.settings import Settings

MOST_KEPT = 12


class Applications:
    """Applications by their settings. The task queue does not count: only the lifespan reads it."""

    def __init__(self) -> None:
        self._made: list[tuple[Settings, FastAPI, State, list[BaseRoute]]] = []

    def having(self, settings: Settings) -> FastAPI:
        """Return an application with these settings, as it was made. Its lifespan is for the caller to run."""
        alike = settings.model_copy(update={"task_queue": "any"})
        for known, app, state, routes in self._made:
            if known == alike:
                app.state = _copied(state)
                # A test may have added a route of its own.
                app.router.routes[:] = routes
                return app
        app = create_app(settings)
        self._made.append((alike, app, app.state, list(app.router.routes)))
        app.state = _copied(app.state)
        if len(self._made) > MOST_KEPT:
            # FastAPI remembers endpoints for ever, and some of them their application.
            self._made.pop(0)[1].router.routes.clear()
        return app


def _copied(state: State) -> State:
    return State({name: state[name] for name in state})
