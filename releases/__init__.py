"""Step 2: what we intend to ship: a version of an application, normally one build.

Owns cutting, withdrawing and lineage. May not know approvals or deployments.
"""
