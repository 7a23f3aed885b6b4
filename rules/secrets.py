"""SE: secrets."""
