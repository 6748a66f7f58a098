"""Temporal workflows, their messages and their activity options. The code must be deterministic."""
