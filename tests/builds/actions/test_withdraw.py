import pytest

from builds.actions.ingest import ingest
from builds.actions.withdraw import withdraw_build
from builds.models import Build
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from tests import people
from tests.builds import events
from tests.builds.posts import post

pytestmark = pytest.mark.django_db


@pytest.fixture
def build():
    people.application("payments")
    made, _ = ingest(actor=people.ci(), post=post())
    return made


def still_there():
    stored = Build.objects.get()
    assert (stored.withdrawn_at, stored.withdrawn_reason) == (None, "")
    assert events.kinds() == ["build.received"]


@pytest.mark.parametrize(
    "actor", [people.release_manager(), people.actor("dana", teams=["payments"])], ids=["manager", "team"]
)
def test_a_release_manager_or_the_team_withdraws_with_a_reason(build, actor):
    withdrawn = withdraw_build(actor=actor, build_id=build.pk, reason="  wrong currency table ")
    stored = Build.objects.get()
    assert stored.withdrawn_at is not None
    assert stored.withdrawn_at == withdrawn.withdrawn_at
    assert stored.withdrawn_reason == "wrong currency table"
    event = events.body("build.withdrawn")
    assert (event["subject"], event["data"]) == (
        f"build:{build.pk}",
        {"version": "1.0.0", "digest": build.digest},
    )
    assert events.opened(event["id"])["reason"] == "wrong currency table"
    assert "currency" not in str(event)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_empty_reason_is_refused(build, reason):
    with pytest.raises(Invalid) as refused:
        withdraw_build(actor=people.release_manager(), build_id=build.pk, reason=reason)
    assert (refused.value.code, refused.value.errors[0]["pointer"]) == ("reason_required", "/reason")
    still_there()


def test_a_reason_over_two_thousand_characters_is_refused(build):
    with pytest.raises(Invalid) as refused:
        withdraw_build(actor=people.release_manager(), build_id=build.pk, reason="x" * 2001)
    assert refused.value.code == "reason_too_long"
    still_there()


def test_withdrawing_twice_is_a_conflict_and_keeps_the_first_reason(build):
    withdraw_build(actor=people.release_manager(), build_id=build.pk, reason="first")
    with pytest.raises(Conflict) as refused:
        withdraw_build(actor=people.release_manager(), build_id=build.pk, reason="second")
    assert refused.value.code == "already_withdrawn"
    assert Build.objects.get().withdrawn_reason == "first"
    assert events.kinds() == ["build.received", "build.withdrawn"]


@pytest.mark.parametrize("actor", [people.auditor(), people.administrator(), people.ci()])
def test_auditors_administrators_and_machines_may_not(build, actor):
    with pytest.raises(Forbidden):
        withdraw_build(actor=actor, build_id=build.pk, reason="because")
    still_there()


def test_to_a_stranger_the_build_does_not_exist(build):
    with pytest.raises(NotFound):
        withdraw_build(actor=people.actor("alice"), build_id=build.pk, reason="because")
    still_there()
