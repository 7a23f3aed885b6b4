"""SD: sdist layout."""
