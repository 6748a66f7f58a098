"""Queries of the tools for operators."""
