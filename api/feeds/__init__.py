"""Calendar feeds: their addresses, versions and files."""
