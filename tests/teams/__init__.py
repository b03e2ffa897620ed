"""People, groups, tokens and sign-in."""
