"""Schemas of the configuration."""
