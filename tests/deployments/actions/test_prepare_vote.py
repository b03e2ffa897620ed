"""What is shown to a voter, as the data whose digest they sign."""

import pytest

from deployments.actions.prepare_vote import prepare_vote
from tests.deployments.world import World
from tests.passkeys import Authenticator

pytestmark = pytest.mark.django_db


def shown(world, asked) -> dict:
    row = world.fresh(asked).approval
    issued = prepare_vote(
        actor=world.actor("rita"), request_id=row.pk, decision="approve", content_hash=row.content_hash
    )
    return issued.shown


def test_what_is_shown_is_what_would_be_done_and_nothing_about_other_votes():
    world_ = World.make()
    asked = world_.asked()
    Authenticator().enrol(world_.actor("rita"))
    before = shown(world_, asked)
    assert before["replaces"] == "1.0.0"
    assert before["plan"]["changes"] == world_.fresh(asked).plan_changes
    assert before["commits"]["state"] in ("supplied", "not_supplied")
    world_.vote(asked, "omar")
    assert shown(world_, asked) == before
    world_.plan(asked, digest="sha256:" + "f" * 64)
    after = shown(world_, asked)
    assert after["content_hash"] != before["content_hash"]
