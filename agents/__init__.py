"""The tools of `bookme mcp`, with which language models book meetings (Model Context Protocol).

The tools are a client of the public API. They need no database and no Temporal.
"""
