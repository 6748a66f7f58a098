"""Queries and changes of the configuration."""
