"""Releases are made of builds, so their tests get what those of builds get."""

from tests.builds.conftest import bucket, control, evidence_dir, sessions

__all__ = ["bucket", "control", "evidence_dir", "sessions"]
