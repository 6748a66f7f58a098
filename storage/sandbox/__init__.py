"""The clock of a sandbox, which its users move, and the faults that they ask for. See docs/decisions/0040."""
