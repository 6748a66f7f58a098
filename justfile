# `just` lists the recipes. It comes with `uv sync`: `uv run just quick`.

# Else, where Python may not write bytecode, every run compiles everything again.
export PYTHONDONTWRITEBYTECODE := ""

_list:
    @just --list --unsorted

# Start everything on this machine: PostgreSQL, Temporal with its UI, worker, API, demo data
dev *options:
    uv run bookme dev {{ options }}

# Lint, types, import contract and the tests that need no server
quick:
    uv run ruff check
    uv run ruff format --check
    uv run mypy
    uv run lint-imports
    uv run pytest -q -n0 tests/unit

# Format the code, and mend what the linter can mend
fix:
    uv run ruff check --fix
    uv run ruff format

# Run the tests, or those that are named: `just test tests/integration/api -k race`. `-m ""` adds those that only CI repeats
test *options:
    uv run pytest {{ options }}

# Do what continuous integration does
ci:
    .ci/run

# Kill, pause and cut off everything while clients book, and check every guarantee afterwards
chaos *options:
    uv run python -m chaos {{ options }}

# Run a benchmark: `just bench races`, `just bench search --employees 50`
bench name *options:
    uv run python -m benchmarks.{{ name }} {{ options }}

# Count statements, history events and rows, and compare them with the committed counts: `just counts --check`, `just counts --write`
counts *options:
    uv run python -m benchmarks.counts {{ options }}

# Write the generated parts of the clients again, from the OpenAPI document
clients:
    uv run python clients/python/generate.py
    uv run python clients/node_packages.py

# Build the booking page and the staff board that `bookme dev` serves at /demo
pages:
    uv run python examples/booking-page/build.py

# Record a replay history of the workflows again
record name:
    uv run python -m tests.replay.record {{ name }}

# Build the documentation site in .site/html, and check its links
docs:
    uv run python -m website build

# Serve the documentation site on this machine, and show each change at once
docs-serve *options:
    uv run python -m website serve {{ options }}
