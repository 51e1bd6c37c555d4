"""From margins to scores, beside published ones."""
