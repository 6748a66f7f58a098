"""Prometheus metrics of the API: of its requests, and of the state that the database and Temporal have."""
