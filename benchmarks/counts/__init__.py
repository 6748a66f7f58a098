"""Counts of what a booking and a search cost, which are the same on every machine."""
