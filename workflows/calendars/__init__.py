"""Refresh external calendars on a schedule."""
