"""What would change against what runs there now."""

import pytest

from deployments.changes import changes_for, running_release
from deployments.models import Lane
from deployments.states import State

pytestmark = pytest.mark.django_db


def test_what_runs_is_the_lanes_release(world):
    assert running_release("payments", "prod").version == "1.0.0"
    assert running_release("payments", "staging").version == "1.1.0"


def test_where_nothing_runs_or_is_known_to_run_there_is_none(world):
    assert running_release("payments", "nowhere") is None
    world.move(world.running(), State.ROLLING_BACK, State.ROLLBACK_FAILED)
    assert running_release("payments", "prod") is None
    Lane.objects.filter(environment_id="staging").update(deployment=None)
    assert running_release("payments", "staging") is None


def test_the_commits_are_those_since_what_runs(world):
    release = world.release(
        "1.2.0",
        commit="c" * 40,
        commits=[{"sha": "c" * 40, "author": "dave@acme.example", "message": "Cap the fee"}],
    )
    changes = changes_for(release, "prod")
    authors = {email for commit in changes.commits for email in commit["authors"]}
    assert "dave@acme.example" in authors
