"""Asking to be stood in for: from when, and that a key to a protected environment waits (C13)."""

from datetime import timedelta

import pytest

from kernel.clock import now
from kernel.refusals import Invalid
from pipelines.actions.let_stand_in import let_stand_in
from pipelines.models import ConfigChange
from teams.models import Delegation
from tests import people
from tests.pipelines import protected
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company():
    protected.company()


def ask(by: str = "dana", group: str = "newcomers", to: str = "omar", since=None, days: int = 1):
    return let_stand_in(
        actor=people.actor(by, groups=[group]),
        group=group,
        to=to,
        since=since,
        until=now() + timedelta(days=days),
        reason="Away.",
    )


def test_it_begins_at_once_where_no_day_is_named():
    before = now()
    made = ask(to=" Omar ").result
    assert before <= made.since <= now()
    assert made.delegate.username == "omar"


def test_it_begins_on_the_day_that_is_named():
    since = now() + timedelta(hours=6)
    assert ask(since=since).result.since == since


def test_nobody_stood_in_before_it_was_agreed():
    with pytest.raises(Invalid) as refused:
        ask(since=now() - timedelta(seconds=1))
    assert refused.value.code == "from_in_the_past"
    assert not Delegation.objects.exists()


def test_a_key_to_a_protected_environment_waits_and_lends_nothing_meanwhile():
    change = ask("omar", "payments-owners", "dana").change
    assert (change.kind, change.target, change.environments) == (
        "delegation.make",
        "delegation:payments-owners",
        ["prod"],
    )
    assert not Delegation.objects.exists()
    assert ConfigChange.objects.get().pk == change.pk
    assert events("delegation.made") == []
    assert events("config.proposed")[0]["data"]["change"] == "delegation.make"
