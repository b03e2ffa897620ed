"""Floor between audit and kernel: how Release Gate reaches AWS.

Owns sessions (AssumeRole), faults of AWS told apart, artifacts read from S3, and the sandbox AWS.
It has no models and may not know builds, releases, approvals or deployments.
"""
