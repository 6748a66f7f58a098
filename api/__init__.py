"""HTTP: app factory, one router a resource, wire schemas, auth, errors."""
