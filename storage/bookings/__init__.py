"""Queries and changes of time slots, holds and their events."""
