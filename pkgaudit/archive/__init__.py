"""Archive readers: from the bytes of a file to its members, in one pass and within limits."""
