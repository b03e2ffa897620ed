"""Every verb of teams, with its bad-input half."""
