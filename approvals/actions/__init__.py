"""What can be done with an approval request: one verb, one file."""
