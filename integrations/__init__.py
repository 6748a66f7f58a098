"""Adapters to systems outside the process: mail, HTTP, external calendars, webhooks, short-lived processes."""
