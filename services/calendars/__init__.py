"""Decide for which time external calendars are expanded."""
