"""Schemas of HTTP requests and responses, with the names of the published contract."""
