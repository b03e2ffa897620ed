"""What reports say: bytes in, facts out, one file per kind.

Owns the reading of test reports and coverage. May not know the database, and never trusts a file's own sums.
"""
