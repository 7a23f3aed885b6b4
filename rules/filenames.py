"""FN: file names and tags."""
