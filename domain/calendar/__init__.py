"""Write calendar files (RFC 5545)."""
