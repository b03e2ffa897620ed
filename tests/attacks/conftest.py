"""What the attacks are made against: a company that is made once per module."""

from tests.deployments.standing import company, world

__all__ = ["company", "world"]
