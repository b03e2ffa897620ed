"""One verb, one file: everything that changes people, groups, teams, applications and tokens."""
