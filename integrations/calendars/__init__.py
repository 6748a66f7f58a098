"""Fetch calendar feeds and read calendar files."""
