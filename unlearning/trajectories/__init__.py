"""A method's run over a chunk of members, with snapshots on the way."""
