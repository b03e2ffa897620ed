"""Who: people, groups, teams, their applications, and the tokens that act for them.

Owns identity and membership (with its history). Knows only audit and kernel.
"""
