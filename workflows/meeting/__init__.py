"""The workflow of a meeting, and the periodic job that starts the runs of near meetings."""
