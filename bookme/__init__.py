"""The `bookme` command, settings, the one-machine stack, demo data, telemetry."""
