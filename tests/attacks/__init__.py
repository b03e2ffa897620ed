"""Each attack on approvals that we know of, and that it does not work."""
