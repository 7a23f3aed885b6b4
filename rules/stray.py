"""SF: stray files."""
