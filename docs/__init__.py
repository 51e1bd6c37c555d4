"""What is said of the project, and the picture of its rooms."""
