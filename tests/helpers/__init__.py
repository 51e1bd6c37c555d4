"""What tests share: small networks, copies of the repository, plans, a SLURM."""
