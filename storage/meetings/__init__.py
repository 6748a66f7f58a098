"""Queries and changes of meetings."""
