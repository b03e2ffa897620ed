"""Where and when: AWS accounts, environments with their gates, pipelines as code, windows and freezes.

Owns configuration and the calendar. May not know builds, releases, approvals or deployments.
"""
