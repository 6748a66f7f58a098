"""Extensions of the SDK of Temporal: readable failures, request ids in headers, and named runs in log lines."""
