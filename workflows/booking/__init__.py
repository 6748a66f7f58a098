"""The workflow of a booking."""
