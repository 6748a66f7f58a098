"""Errors that a command reports to its user in one line."""


class StackError(Exception):
    """The command cannot continue. The message says why, and what the user can do about it."""
