"""What a study is: its config, with everything that follows from it before a number is computed."""
