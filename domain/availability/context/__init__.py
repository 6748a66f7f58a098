"""The context of one search: its timeline, and bitsets of start times per employee and room."""
