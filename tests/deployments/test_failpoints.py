"""A test may kill this process at a named place; production never hears of it."""

import pytest

from deployments import failpoints


@pytest.fixture
def killed(monkeypatch) -> list:
    signals = []
    monkeypatch.setattr(failpoints.signal, "pthread_kill", lambda thread, number: signals.append(number))
    return signals


def test_without_the_variable_nothing_dies(killed, monkeypatch):
    monkeypatch.delenv("RELEASEGATE_FAILPOINT", raising=False)
    for point in failpoints.POINTS:
        failpoints.reach(point, "s3.PutObject")
    assert killed == []


@pytest.mark.parametrize(
    ("wanted", "dies"),
    [
        ("after_intent", True),
        ("after_intent:s3.PutObject", True),
        ("after_intent:s3.GetObject", False),
        ("before_intent", False),
        ("after", False),
    ],
)
def test_it_dies_exactly_where_it_was_told(killed, monkeypatch, wanted, dies):
    monkeypatch.setenv("RELEASEGATE_FAILPOINT", wanted)
    failpoints.reach("after_intent", "s3.PutObject")
    assert killed == ([failpoints.signal.SIGKILL] if dies else [])


@pytest.mark.parametrize(
    ("wanted", "stops"),
    [
        ("stop@after_call:s3.PutObject", True),
        ("stop@*", True),
        ("stop@after_call:s3.PutObject:*-switch", True),
        ("stop@after_call:s3.PutObject:*-stage-*", False),
        ("stop@after_intent", False),
    ],
)
def test_it_stops_where_it_was_told(killed, monkeypatch, wanted, stops):
    monkeypatch.setenv("RELEASEGATE_FAILPOINT", wanted)
    for _ in range(2):
        failpoints.reach("after_call", "s3.PutObject", "rg-1-switch")
    assert killed == ([failpoints.signal.SIGSTOP] * 2 if stops else [])


def test_never_in_production(killed, monkeypatch, settings):
    settings.PRODUCTION = True
    monkeypatch.setenv("RELEASEGATE_FAILPOINT", "after_intent")
    failpoints.reach("after_intent", "s3.PutObject")
    assert killed == []
