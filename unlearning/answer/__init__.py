"""What of the paper's claims stands once the confounders are taken away."""
