"""The one question: the same answer whoever asks, 404 for whoever may not know, and no side effect."""

import pytest

from audit.models import AuditEvent
from deployments.decision import decide, subject_for
from deployments.facts import Candidate
from deployments.models import Deployment
from deployments.states import State
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import NotFound
from kernel.verdicts import Allow, Deny, Wait
from pipelines.models import Environment
from tests import people

pytestmark = pytest.mark.django_db


def pair(world, version="1.1.0", environment="prod"):
    return world.get_release(version), Environment.objects.select_related("account").get(pk=environment)


def verdict(world, actor=None, **more):
    return decide(subject_for(*pair(world, **more)), actor or Actor.system("tests"), now())


def test_without_an_open_request_the_pair_is_a_candidate(world):
    assert subject_for(*pair(world)) == Candidate(*pair(world))


def test_an_open_request_speaks_for_the_pair_until_it_ends(world):
    asked = world.asked()
    assert subject_for(*pair(world)).pk == asked.pk
    world.move(asked, State.CANCELLED)
    assert isinstance(subject_for(*pair(world)), Candidate)


def test_the_verdict_is_the_same_for_everybody_who_sees_it(world):
    world.asked()
    actors = [world.actor(name) for name in ("dana", "rita", "omar", "aude", "admin")] + [world.ci()]
    assert len({str(verdict(world, actor)) for actor in actors}) == 1


def test_whoever_may_not_see_the_application_learns_nothing(world):
    for actor in (world.actor("zoe"), people.ci("storefront"), Actor.anonymous()):
        with pytest.raises(NotFound):
            verdict(world, actor)


def test_the_three_words(world):
    assert isinstance(verdict(world, environment="dev"), Allow)
    assert isinstance(verdict(world), Wait)
    world.release("1.2.0")
    assert isinstance(verdict(world, version="1.2.0"), Deny)


def test_an_unverified_build_waits_and_bothers_nobody(world):
    world.release("1.2.0", verified=False)
    found = verdict(world, version="1.2.0", environment="dev")
    assert [reason.code for reason in found.reasons] == ["artifact_unverified"]
    assert [str(check.state) for check in found.checks] == ["wait"] + ["not_reached"] * 6


def test_people_window_and_lane_are_all_listed(world):
    running = world.running()
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    world.asked("1.2.0")
    codes = [(reason.code, reason.object) for reason in verdict(world, version="1.2.0").reasons]
    assert [code for code, _ in codes] == ["approval_needed", "approval_needed", "lane_busy"]
    assert codes[-1][1] == f"deployment:{running.pk}"


def test_asking_changes_nothing(world):
    world.approved()
    before = list(Deployment.objects.values()), AuditEvent.objects.count()
    verdict(world)
    assert (list(Deployment.objects.values()), AuditEvent.objects.count()) == before
