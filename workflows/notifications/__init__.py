"""Publish events and deliver them to webhooks."""
