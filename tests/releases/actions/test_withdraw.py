import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from releases.actions.hand_over import hand_over
from releases.actions.withdraw import withdraw_release
from releases.models import Release
from tests import people
from tests.builds import events
from tests.builds.posts import post

pytestmark = pytest.mark.django_db


@pytest.fixture
def release():
    people.application("payments")
    return hand_over(actor=people.ci(), post=post())[1]


def withdraw(actor=None, reason="wrong table", version="1.0.0"):
    return withdraw_release(
        actor=actor or people.release_manager(), application_name="payments", version=version, reason=reason
    )


def still_open():
    stored = Release.objects.get()
    assert (stored.state, stored.withdrawn_at, stored.withdrawn_reason) == ("open", None, "")
    assert events.kinds() == ["build.received", "release.cut"]


@pytest.mark.parametrize(
    "actor", [people.release_manager(), people.actor("dana", teams=["payments"])], ids=["manager", "team"]
)
def test_a_release_manager_or_the_team_withdraws_with_a_reason(release, actor):
    withdrawn = withdraw(actor, " wrong table ")
    stored = Release.objects.get()
    assert (stored.state, stored.withdrawn_reason) == ("withdrawn", "wrong table")
    assert stored.withdrawn_at == withdrawn.withdrawn_at is not None
    event = events.body("release.withdrawn")
    assert event["subject"] == f"release:{release.pk}"
    assert event["data"] == {"version": "1.0.0", "build": release.build_id}
    assert events.opened(event["id"])["reason"] == "wrong table"


def test_an_empty_reason_is_refused(release):
    with pytest.raises(Invalid) as refused:
        withdraw(reason=" ")
    assert refused.value.code == "reason_required"
    still_open()


def test_withdrawing_twice_is_a_conflict(release):
    withdraw()
    with pytest.raises(Conflict) as refused:
        withdraw(reason="again")
    assert refused.value.code == "already_withdrawn"
    assert Release.objects.get().withdrawn_reason == "wrong table"
    assert events.kinds() == ["build.received", "release.cut", "release.withdrawn"]


@pytest.mark.parametrize("actor", [people.auditor(), people.administrator(), people.ci()])
def test_auditors_administrators_and_machines_may_not(release, actor):
    with pytest.raises(Forbidden):
        withdraw(actor)
    still_open()


def test_to_a_stranger_the_release_does_not_exist(release):
    with pytest.raises(NotFound):
        withdraw(people.actor("alice"))
    with pytest.raises(NotFound):
        withdraw(version="9")
    still_open()
