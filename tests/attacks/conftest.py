"""What the attacks are made against: a company that is made once per module, and an engine for real deployments."""

from tests.deployments.engine.conftest import (
    control,
    engine_for,
    evidence_dir,
    new_target,
    seeder,
    session,
    sessions,
    staging,
    target,
)
from tests.deployments.standing import company, world

__all__ = [
    "company",
    "control",
    "engine_for",
    "evidence_dir",
    "new_target",
    "seeder",
    "session",
    "sessions",
    "staging",
    "target",
    "world",
]
