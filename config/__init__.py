"""Settings, the connection to Temporal, logging and metrics, which every process needs at its start."""
