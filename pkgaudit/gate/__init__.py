"""The gate: the audited bytes are copied to a private folder and handed to the command that uploads them."""
