"""Limits, metrics, compression and headers of every request."""
