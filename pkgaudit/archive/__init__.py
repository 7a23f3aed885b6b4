"""From bytes on disk to members: once, in order, within limits."""
