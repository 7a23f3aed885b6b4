"""RM: the readme as the index will render it."""
