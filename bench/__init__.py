"""What `make bench` runs: each figure beside its floor, measured in the same run on PostgreSQL.

docs/reference/benches.md says what each measures. Nothing of this is shipped.
"""
