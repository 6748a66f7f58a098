"""Builds the documentation site from `docs/`, the pages at the root of the repository and the OpenAPI document."""
