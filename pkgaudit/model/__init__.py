"""The arguments of rules."""
