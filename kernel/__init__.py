"""The floor everything stands on: words every app shares (verdicts, refusals, permissions, actors, time, ids).

Owns no domain noun and imports nothing of ours. May not know who uses it.
"""
