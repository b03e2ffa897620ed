"""Step 5: proving it: an append-only, sealed log that an outsider can verify.

Owns events, leaves and checkpoints. Knows nobody: actors and subjects are text.
"""
