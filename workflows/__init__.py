"""The sagas, their messages and option sets. Deterministic."""
