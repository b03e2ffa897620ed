"""What tests of the engine get: a fresh account of the sandbox."""

from tests.aws.conftest import control, new_target, seeder, session, sessions, staging, target
from tests.builds.conftest import evidence_dir

__all__ = ["control", "evidence_dir", "new_target", "seeder", "session", "sessions", "staging", "target"]
