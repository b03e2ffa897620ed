"""How a test suite is run in the target account: one file per suite kind, one line here."""

from deployments.runners.codebuild import run as codebuild

REGISTRY = {"codebuild": codebuild}
