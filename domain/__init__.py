"""Booking rules as pure code: no I/O, no clock, no framework."""
