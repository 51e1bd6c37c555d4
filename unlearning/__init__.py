"""Machine unlearning by gradient ascent, measured: the science behind the workflow."""
