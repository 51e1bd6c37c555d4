"""Files that are whole, or refused by name."""
