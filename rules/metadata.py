"""MD: core metadata."""
