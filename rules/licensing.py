"""LC: licences."""
