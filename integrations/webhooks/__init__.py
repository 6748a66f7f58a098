"""Write and send webhook requests (Standard Webhooks)."""
