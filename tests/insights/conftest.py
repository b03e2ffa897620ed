"""One company per module, and browsers of its people."""

from importlib import import_module

import pytest

from tests.deployments.standing import company, world

__all__ = ["company", "world"]


def browser(username: str):
    """Not imported above, because this file is read before Django is set up."""
    return import_module("tests.insights.browser").Browser(username)


@pytest.fixture
def rita(world):
    """A release manager who looks at pages."""
    return browser("rita")


@pytest.fixture
def omar(world):
    """An owner of payments."""
    return browser("omar")


@pytest.fixture
def dana(world):
    """A developer of the team: she asks."""
    return browser("dana")


@pytest.fixture
def aude(world):
    """An auditor: reads all, changes nothing."""
    return browser("aude")


@pytest.fixture
def zoe(world):
    """Signed in, and part of nothing."""
    return browser("zoe")
