"""Start and limit short-lived processes."""
