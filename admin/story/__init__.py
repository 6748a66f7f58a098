"""The story of one booking: what happened to it and why, from the database and from Temporal.

`find` reads the story, `runs` reads workflow runs, `timeline` and `conclusion` put the story into words.
"""
