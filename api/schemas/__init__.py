"""Wire schemas: what crosses HTTP, in the published contract's names."""
