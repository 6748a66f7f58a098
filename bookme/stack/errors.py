"""What goes wrong with a stack, in one line for the person at the keyboard."""


class StackError(Exception):
    """The command cannot go on; the message says why and what to do about it."""
