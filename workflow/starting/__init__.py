"""How a job starts without importing again what jobs before it have imported."""
