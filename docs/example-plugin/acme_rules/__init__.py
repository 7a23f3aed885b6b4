"""What Acme wants of its distributions."""
