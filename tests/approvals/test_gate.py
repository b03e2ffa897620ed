"""Facts about people: the gate of the moment, who had a hand in it, who filled what, who still can."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from approvals import gate
from approvals.models import ApprovalRequest, Vote
from approvals.picture import look, standing_votes
from kernel.clock import now
from kernel.verdicts import CheckState
from pipelines.models import Environment
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.world import SYSTEM
from tests.people import email_of

pytestmark = pytest.mark.django_db


def keys(request) -> dict[str, tuple]:
    answer = gate.people(request, now())
    return {key.group: (key.filled_by, key.can_fill) for key in answer.keys}


def test_the_gate_is_the_environments_with_the_owners_resolved(world):
    prod = Environment.objects.get(pk="prod")
    rule = gate.effective_gate(prod, world.get_release("1.1.0").application, [])
    assert rule == {
        "slots": [{"group": "release-managers", "count": 1}, {"group": "payments-owners", "count": 1}],
        "exclude": ["author", "requester", "submitter"],
        "step_up": False,
        "comment": "optional",
        "unknown_authors": "flag",
        "escalation": None,
        "expires_in": 7 * 86_400,
        "valid_for": 86_400,
        "version": 1,
    }


def test_a_stage_adds_slots_and_takes_none_away(world):
    application = world.get_release("1.1.0").application
    added = [{"group": "@owners", "count": 2}]
    rule = gate.effective_gate(Environment.objects.get(pk="staging"), application, added)
    assert rule["slots"] == [
        {"group": "release-managers", "count": 1},
        {"group": "payments-owners", "count": 2},
    ]


def test_without_slots_nobody_needs_to_be_asked(world):
    application = world.get_release("1.1.0").application
    assert gate.effective_gate(Environment.objects.get(pk="dev"), application, []) is None


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ([("a", 1)], "one key of a"),
        ([("a", 2), ("b", 3)], "two keys of a and three keys of b"),
        ([("a", 7)], "7 keys of a"),
    ],
)
def test_a_gate_in_words(slots, words):
    assert gate.in_words({"slots": [{"group": g, "count": c} for g, c in slots]}) == words


def test_everybody_who_had_a_hand_in_it_is_listed(world):
    release = world.get_release("1.1.0")
    rows = gate.relations(
        release=release,
        requester_person_id="per_1",
        requester_emails=["d@acme.example"],
        pipeline_editor="user:per_9",
        commits=[{"authors": ["b@acme.example", "a@acme.example"]}, {"authors": ["a@acme.example"]}, {}],
    )
    assert rows == [
        {"relation": "requester", "person": "per_1", "email": None},
        {"relation": "requester", "person": None, "email": "d@acme.example"},
        {"relation": "submitter", "person": None, "email": "dana@acme.example"},
        {"relation": "author", "person": None, "email": "a@acme.example"},
        {"relation": "author", "person": None, "email": "b@acme.example"},
        {"relation": "pipeline_editor", "person": "per_9", "email": None},
    ]


def test_who_posted_the_build_themselves_submitted_it(world):
    release = world.get_release("1.1.0")
    release.build.posted_by, release.build.submitter = "user:per_7", ""
    rows = gate.relations(
        release=release, requester_person_id=None, requester_emails=[], pipeline_editor="", commits=[]
    )
    assert rows == [{"relation": "submitter", "person": "per_7", "email": None}]


def test_keys_name_who_filled_them_and_who_still_can(world):
    asked = world.asked()
    assert keys(asked.approval) == {
        "release-managers": ([], ["rita", "rosa"]),
        "payments-owners": ([], ["olga", "omar", "rosa"]),
    }
    world.vote(asked, "rita")
    assert keys(ApprovalRequest.objects.get())["release-managers"] == (["rita"], [])
    # rosa can still give the owners' key: rita keeps hers.
    assert keys(ApprovalRequest.objects.get())["payments-owners"] == ([], ["olga", "omar", "rosa"])


def test_the_requester_is_offered_no_key(world):
    set_group_members(actor=SYSTEM, name="release-managers", members=["rita", "rosa", "dana"])
    assert keys(world.asked().approval)["release-managers"] == ([], ["rita", "rosa"])


def test_a_deactivated_person_is_offered_no_key_and_fills_none(world):
    asked = world.approved()
    Person.objects.filter(username="rita").update(is_active=False)
    answer = gate.people(ApprovalRequest.objects.get(), now())
    assert answer.state == CheckState.WAIT
    assert keys(asked.approval)["release-managers"] == ([], ["rosa"])


def test_an_open_gate_waits_with_one_reason_per_open_key(world):
    asked = world.asked()
    world.vote(asked, "rita")
    answer = gate.people(ApprovalRequest.objects.get(), now())
    assert (answer.state, [reason.code for reason in answer.reasons]) == (
        CheckState.WAIT,
        ["approval_needed"],
    )
    assert answer.reasons[0].object == f"approval:{asked.approval_id}"
    assert "payments-owners" in answer.reasons[0].text
    assert "omar" in answer.reasons[0].text


def test_a_satisfied_gate_passes_until_its_validity_ends(world):
    approved = world.approved()
    row = approved.approval
    assert gate.people(row, row.valid_until - timedelta(seconds=1)).state == CheckState.PASS
    assert gate.people(row, row.valid_until).state == CheckState.WAIT


def test_a_leaver_opens_the_gate_again_and_the_other_key_stays(world):
    world.approved()
    set_group_members(actor=SYSTEM, name="payments-owners", members=["olga", "rosa"])
    row = ApprovalRequest.objects.get()
    answer = gate.people(row, now())
    assert answer.state == CheckState.WAIT
    assert keys(row) == {
        "release-managers": (["rita"], []),
        "payments-owners": ([], ["olga", "rosa"]),
    }


def test_nobody_left_who_could_give_the_key_is_said(world):
    asked = world.asked()
    set_group_members(actor=SYSTEM, name="payments-owners", members=["dana"])
    answer = gate.people(asked.approval, now())
    short, _, owners = answer.reasons
    assert (answer.state, short.code) == (CheckState.WAIT, "gate_unsatisfiable")
    assert short.text.startswith("payments-owners has too few people left")
    assert short.how_to_clear == "An administrator adds somebody who had no hand in it to payments-owners."
    assert "nobody" in owners.text
    assert owners.how_to_clear == "Nobody can: add somebody to payments-owners."


def test_one_who_is_left_for_two_keys_makes_it_unfillable_though_each_key_has_somebody(world):
    asked = world.asked()
    set_group_members(actor=SYSTEM, name="payments-owners", members=["rosa"])
    set_group_members(actor=SYSTEM, name="release-managers", members=["rosa"])
    short, first, second = gate.people(asked.approval, now()).reasons
    assert short.code == "gate_unsatisfiable"
    assert "release-managers and payments-owners have too few" in short.text
    assert "rosa can turn it" in first.text
    assert "rosa can turn it" in second.text


def test_a_request_nobody_can_fill_waits_and_goes_on_when_somebody_is_added(world):
    asked = world.asked()
    set_group_members(actor=SYSTEM, name="payments-owners", members=["dana"])
    assert world.settle(asked).state == "needs_approval"
    set_group_members(actor=SYSTEM, name="payments-owners", members=["dana", "zoe"])
    world.vote(asked, "rita")
    assert world.vote(asked, "zoe").state == "satisfied"


def test_two_accounts_of_one_human_are_one_who_is_left(world):
    asked = world.asked()
    set_group_members(actor=SYSTEM, name="payments-owners", members=["omar"])
    set_group_members(actor=SYSTEM, name="release-managers", members=["rita"])
    assert "gate_unsatisfiable" not in {r.code for r in gate.people(asked.approval, now()).reasons}
    omar = Person.objects.get(username="omar")
    EmailAddress.objects.create(user=omar, email=email_of("rita"), verified=True)
    assert gate.people(asked.approval, now()).reasons[0].code == "gate_unsatisfiable"


def test_what_people_owe_has_no_end_for_at_its_deadline_nothing_is_allowed(world):
    answer = gate.people(world.asked().approval, now())
    assert [(reason.code, reason.until) for reason in answer.reasons] == [("approval_needed", None)] * 2


def test_a_void_request_says_so_first(world):
    asked = world.approved()
    world.plan(asked, digest="sha256:" + "8" * 64)
    answer = gate.people(ApprovalRequest.objects.get(), now())
    assert [reason.code for reason in answer.reasons] == [
        "approval_void",
        "approval_needed",
        "approval_needed",
    ]


@pytest.mark.parametrize("state", ["rejected", "expired", "closed"])
def test_an_ended_request_never_passes(world, state):
    world.approved()
    ApprovalRequest.objects.update(state=state)
    answer = gate.people(ApprovalRequest.objects.get(), now())
    assert answer.state == CheckState.WAIT
    assert answer.reasons[0].text == f"The approval ended as {state}."


def test_a_used_up_request_passes(world):
    world.approved()
    ApprovalRequest.objects.update(state="consumed")
    assert gate.people(ApprovalRequest.objects.get(), now()).state == CheckState.PASS


def test_withdrawn_and_void_votes_do_not_stand(world):
    asked = world.approved()
    world.vote(asked, "omar", "withdraw")
    Vote.objects.filter(person__username="rita").update(void=True)
    assert standing_votes(asked.approval) == []


def test_a_person_with_two_groups_makes_room_for_the_next(world):
    asked = world.asked()
    world.vote(asked, "rosa")
    assert sorted(who for filled, _ in keys(asked.approval).values() for who in filled) == ["rosa"]
    world.vote(asked, "rita")
    row = ApprovalRequest.objects.get()
    assert {group: filled for group, (filled, _) in keys(row).items()} == {
        "release-managers": ["rita"],
        "payments-owners": ["rosa"],
    }
    assert row.state == "satisfied"


def test_the_failing_set_is_found_with_everybody_excluded_left_out(world):
    row = world.asked().approval
    assert [reason.code for reason in gate.people(row, now()).reasons] == ["approval_needed"] * 2
    row.relations = [{"relation": "author", "email": email_of(name)} for name in ("omar", "olga", "rosa")]
    short = gate.people(row, now()).reasons[0]
    assert (short.code, short.text.split(" has ")[0]) == ("gate_unsatisfiable", "payments-owners")


def test_looking_takes_four_queries_however_many_people(world, django_assert_num_queries):
    row = ApprovalRequest.objects.get(pk=world.approved().approval_id)
    at = now()
    with django_assert_num_queries(4):
        look(row, at)
