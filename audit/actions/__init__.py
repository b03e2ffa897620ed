"""What can be done to the log: add to it, and seal it. Nothing else."""
