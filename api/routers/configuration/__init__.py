"""Routers of the configuration."""
