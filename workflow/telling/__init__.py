"""How a run tells what it does, how long it still takes, and what is new at its end."""
