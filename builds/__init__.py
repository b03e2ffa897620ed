"""Step 1: what CI made (builds, artifacts) and what is known about it (evidence).

Owns ingest, artifact verification and evidence. May not know releases, approvals or deployments.
"""
