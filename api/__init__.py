"""HTTP API: app factory, one router for each resource, wire schemas, authentication and errors."""
