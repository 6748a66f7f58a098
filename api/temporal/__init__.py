"""Requests to workflows: read the database first, then send an update to a run."""
