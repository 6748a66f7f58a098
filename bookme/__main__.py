"""`python -m bookme` is the `bookme` command."""

from bookme.cli import app

app()
