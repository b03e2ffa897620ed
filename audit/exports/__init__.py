"""What an auditor takes away: the events as lines, and the bundle that verifies without us."""
