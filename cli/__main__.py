"""`python -m cli` is the `bookme` command."""

from cli.main import app

app()
