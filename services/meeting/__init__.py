"""Create, change, move and cancel meetings, and decide when their runs start."""
