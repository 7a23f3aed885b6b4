"""What a rule can be given."""
