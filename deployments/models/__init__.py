"""Deployments and what they leave behind, by table family."""

from deployments.models.break_glass import BreakGlass
from deployments.models.deployment import Deployment, DeploymentLog, Intent, Lane, Step
from deployments.models.export import Export
from deployments.models.history import History
from deployments.models.worker import Worker

__all__ = [
    "BreakGlass",
    "Deployment",
    "DeploymentLog",
    "Export",
    "History",
    "Intent",
    "Lane",
    "Step",
    "Worker",
]
