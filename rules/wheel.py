"""WH: wheel layout and importability."""
