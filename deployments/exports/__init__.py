"""Ways to take the deployment history away: one file per format."""
