"""The `bookme` command."""
