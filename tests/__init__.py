"""Tests by kind: unit (a folder a room), plan, run, slurm, gpu; and what helps them."""
