"""The workflow of a meeting, and the sweep that starts the runs of near meetings."""
