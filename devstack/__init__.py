"""The one-machine stack: a real PostgreSQL, a real Temporal server, workers and API, all on loopback."""
