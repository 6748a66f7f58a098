"""Queries and changes of the event log, webhooks, deliveries, invitations and feeds."""
