"""Builds the documentation site from `docs/`, the pages at the root of the repository and the OpenAPI document."""


class SiteError(Exception):
    """The site cannot be built, or must not be published. The message says why, and where."""
