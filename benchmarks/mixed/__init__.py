"""Bookings while the same API process searches."""
