"""Compares the findings of two revisions on real distributions: ``python -m tools.ecosystem``."""
