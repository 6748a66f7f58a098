"""Read what the availability rules decide from."""
