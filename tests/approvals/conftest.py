"""What these tests stand on: a company that is made once per module."""

from tests.deployments.standing import company, world

__all__ = ["company", "world"]
