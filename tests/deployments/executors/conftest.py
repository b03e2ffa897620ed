"""What tests of executors get: a fresh account of the sandbox, and contexts built by hand."""

from tests.aws.conftest import control, new_target, seeder, session, sessions, staging, target

__all__ = ["control", "new_target", "seeder", "session", "sessions", "staging", "target"]
