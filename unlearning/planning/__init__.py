"""What a study will take, before anything is spent."""
