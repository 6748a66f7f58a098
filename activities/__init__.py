"""Temporal activities: the steps of bookings and meetings with their compensations, and background work."""
