"""HTTP requests to addresses that clients have named."""
