"""What can be done with a deployment: one verb, one file."""
