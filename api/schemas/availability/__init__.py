"""Schemas of the search for free time slots."""
