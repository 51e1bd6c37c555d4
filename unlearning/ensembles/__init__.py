"""Members trained from scratch, until their margins."""
