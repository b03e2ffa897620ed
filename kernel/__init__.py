"""The floor everything stands on: words that every app shares (verdicts, refusals, actors, time, ids).

Owns no domain noun and imports nothing of ours. May not know who uses it.
"""
