"""Application logic: the work of one step or request inside its transaction."""
