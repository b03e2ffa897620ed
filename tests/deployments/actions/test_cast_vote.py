"""Votes through the whole action: slots, separation, order of refusals, superseding."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.models import ApprovalRequest, Vote
from approvals.picture import look
from approvals.positions import groups_now
from audit.models import AuditEvent
from deployments.actions.cast_vote import cast_vote
from deployments.models import Deployment
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Refusal
from teams.models import Person
from teams.rules import StandIn
from tests import people
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def vote(world, who, request, decision="approve", comment="", content_hash=None):
    actor = world.actor(who) if isinstance(who, str) else who
    content_hash = content_hash or ApprovalRequest.objects.get(pk=request.pk).content_hash
    return cast_vote(
        actor=actor, request_id=request.pk, decision=decision, content_hash=content_hash, comment=comment
    )


def refused(world, who, request, **more) -> Refusal:
    votes, events = Vote.objects.count(), AuditEvent.objects.count()
    with pytest.raises(Refusal) as caught:
        vote(world, who, request, **more)
    assert (Vote.objects.count(), AuditEvent.objects.count()) == (votes, events)
    return caught.value


def test_two_people_of_two_groups_satisfy_the_gate():
    world = World()
    _, request = world.waiting()
    first = vote(world, "rita", request)
    assert (first.slot, first.state) == ("release-managers", "open")
    second = vote(world, "omar", request)
    assert (second.slot, second.state, second.newly_satisfied) == ("payments-owners", "satisfied", True)
    assert ApprovalRequest.objects.get(pk=request.pk).valid_until is not None
    assert AuditEvent.objects.filter(kind="vote.cast").count() == 2


def test_one_person_in_both_groups_fills_one_slot_and_makes_room_for_the_other():
    world = World()
    _, request = world.waiting()
    assert vote(world, "rosa", request).state == "open"
    assert vote(world, "rita", request).state == "satisfied"


def test_the_same_person_votes_once():
    world = World()
    _, request = world.waiting()
    vote(world, "rita", request)
    assert refused(world, "rita", request).code == "already_voted"


def test_the_requester_is_kept_out_even_with_a_key():
    world = World()
    people.person("dana", groups=["release-managers"])
    _, request = world.waiting()
    refusal = refused(world, "dana", request)
    assert (refusal.code, refusal.status, refusal.extra["relation"]) == (
        "separation_of_duties",
        403,
        "requester",
    )
    assert refusal.denial.kind == "vote.refused"


def test_an_author_of_a_shipped_commit_is_kept_out():
    world = World()
    commit = {
        "sha": "b" * 40,
        "author": "x@acme.example",
        "message": "Fix\n\nCo-authored-by: O <OMAR@acme.example>",
    }
    _, request = world.waiting(commits=[commit])
    assert refused(world, "omar", request).extra["relation"] == "author"


def test_the_submitter_of_the_build_is_kept_out():
    world = World()
    _, request = world.waiting(submitter="rita@acme.example")
    assert refused(world, "rita", request).extra["relation"] == "submitter"


def test_who_is_in_no_slot_is_not_eligible_and_the_gate_stays_open():
    world = World()
    people.person("eve", teams=["payments"])
    _, request = world.waiting()
    assert refused(world, "eve", request).code == "not_eligible"
    assert ApprovalRequest.objects.get(pk=request.pk).state == "open"


def test_an_auditor_turns_no_key_whatever_group_they_were_put_into():
    world = World()
    people.person("aude", roles=["auditor"], groups=["release-managers"])
    _, request = world.waiting()
    for decision, comment in (("approve", ""), ("reject", "This must not go out.")):
        refusal = refused(world, "aude", request, decision=decision, comment=comment)
        assert (refusal.status, refusal.code) == (403, "not_eligible")
    assert ApprovalRequest.objects.get(pk=request.pk).state == "open"


def test_an_auditor_is_offered_no_key_and_no_place_that_was_lent_to_them():
    world = World()
    people.person("aude", roles=["auditor"], groups=["release-managers"])
    _, request = world.waiting()
    row = ApprovalRequest.objects.get(pk=request.pk)
    assert "per_aude" not in look(row).eligible
    at = now()
    lent = StandIn("dlg_1", "payments-owners", "per_omar", "per_aude", at, at + timedelta(days=1))
    aude = replace(world.actor("aude"), stands_in=(lent,))
    assert groups_now(aude, row.gate, row.relations, frozenset(), at) == frozenset()
    assert refused(world, aude, request).code == "not_eligible"
    both = replace(aude, roles=frozenset({"auditor", "release_manager"}))
    assert groups_now(both, row.gate, row.relations, frozenset(), at) == {
        "release-managers",
        "payments-owners",
    }


def test_whoever_became_an_auditor_after_voting_fills_no_key_any_more():
    world = World()
    _, request = world.waiting()
    vote(world, "rita", request)
    Person.objects.filter(username="rita").update(roles=["auditor"])
    picture = look(ApprovalRequest.objects.get(pk=request.pk))
    assert (picture.state.lost, picture.state.filled.get(0, [])) == (("per_rita",), [])


def test_who_may_not_see_it_finds_nothing():
    world = World()
    _, request = world.waiting()
    assert refused(world, "eve", request).status == 404


def test_a_machine_votes_nowhere():
    world = World()
    _, request = world.waiting()
    assert refused(world, people.ci(), request).code == "human_required"


def test_another_content_hash_is_refused_before_anything_about_the_person():
    world = World()
    _, request = world.waiting()
    assert refused(world, "dana", request, content_hash="sha256:" + "0" * 64).code == "content_changed"


def test_a_rejection_needs_a_comment_and_ends_the_deployment():
    world = World()
    deployment, request = world.waiting()
    assert refused(world, "rita", request, decision="reject").code == "comment_required"
    assert (
        refused(world, "rita", request, decision="reject", comment="aaaaaaaaaaaa").code == "comment_required"
    )
    assert vote(world, "rita", request, decision="reject", comment="The limit is wrong.").state == "rejected"
    assert Deployment.objects.get(pk=deployment.pk).state == "rejected"
    assert refused(world, "omar", request).code == "not_open"


def test_a_vote_is_withdrawn_and_may_be_cast_again():
    world = World()
    _, request = world.waiting()
    assert refused(world, "rita", request, decision="withdraw").code == "no_vote"
    vote(world, "rita", request)
    vote(world, "omar", request)
    assert vote(world, "omar", request, decision="withdraw").state == "open"
    assert ApprovalRequest.objects.get(pk=request.pk).valid_until is None
    assert vote(world, "omar", request).state == "satisfied"


def test_the_votes_that_satisfy_a_newer_request_supersede_the_older_one():
    world = World()
    old, old_request = world.waiting("1.0.0")
    new, new_request = world.waiting("1.1.0")
    vote(world, "rita", new_request)
    assert Deployment.objects.get(pk=old.pk).state == "needs_approval"
    vote(world, "omar", new_request)
    ended = Deployment.objects.get(pk=old.pk)
    assert (ended.state, ended.superseded_by_id) == ("superseded", new.pk)
    refusal = refused(world, "rita", old_request)
    assert (refusal.code, refusal.extra["superseded_by"]) == ("not_open", new.pk)


def test_a_queue_supersedes_nothing():
    world = World(lane="queue")
    old, _ = world.waiting("1.0.0")
    _, request = world.waiting("1.1.0")
    vote(world, "rita", request)
    vote(world, "omar", request)
    assert Deployment.objects.get(pk=old.pk).state == "needs_approval"


def test_a_change_of_parameters_voids_the_votes_and_names_the_field():
    world = World()
    deployment, request = world.waiting()
    vote(world, "rita", request)
    before = request.content_hash
    Deployment.objects.filter(pk=deployment.pk).update(parameters={"Stage": "other"})
    refusal = refused(world, "omar", request, content_hash=before)
    assert refusal.code == "content_changed"
    # The refusal rolled the binding back with it; the worker binds it in its own transaction.
    assert refusal.extra["changed_fields"] == ["parameters"]


def test_a_system_part_never_votes():
    world = World()
    _, request = world.waiting()
    assert refused(world, Actor.system("robot"), request).code == "human_required"
