"""The keys of an approval: who turned which, who still can, and what is said of my own."""

from datetime import timedelta

import pytest

from approvals.models import ApprovalRequest
from approvals.picture import look
from insights.reads.keys import (
    NOT_TURNED,
    keys_in_words,
    last_rejection,
    lost_votes,
    position_of,
    rejections,
    slots_of_picture,
    twins,
)
from kernel.clock import now
from teams.models import GroupMembership, Person
from tests.insights.frames import frame_of_pulse

MANAGERS, OWNERS = "release-managers", "payments-owners"


def slot(group: str, *by: str, count: int = 1, can=(), note: str = "") -> dict:
    return {
        "group": group,
        "count": count,
        "filled_by": [{"by": name, "at": None, "comment": ""} for name in by],
        "open_places": list(range(count - len(by))),
        "candidates": list(can),
        "note": note,
    }


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ([slot("a")], "1 key: a. 1 still open."),
        ([slot("a"), slot("b", count=2)], "3 keys: a, b. 3 still open."),
        ([slot("a", "rita"), slot("b")], "2 keys: a, b. Turned by rita. 1 still open."),
        ([slot("a", "rita"), slot("b", "omar")], "2 keys: a, b. Turned by rita and omar."),
        (
            [slot("a", "rita"), slot("b", can=["me"])],
            "2 keys: a, b. Turned by rita. Yours would be the last.",
        ),
        ([slot("a", can=["me"]), slot("b", count=2)], "3 keys: a, b. Yours would leave 2 open."),
        (
            [slot("a", "rita", can=["me"]), slot("b", can=["omar"])],  # mine fits only what is turned
            "2 keys: a, b. Turned by rita. 1 still open.",
        ),
        (
            [slot("a", "rita", note=NOT_TURNED), slot("b", note=NOT_TURNED)],
            "2 keys: a, b. Turned by rita. 1 not turned.",
        ),
        ([slot("a", "rita", note=NOT_TURNED)], "1 key: a. Turned by rita."),
    ],
)
def test_the_keys_in_words(slots, words):
    assert keys_in_words(slots, "me") == words


def keys(world, asked) -> list[tuple]:
    approval = ApprovalRequest.objects.get(pk=asked.approval_id)
    rows = slots_of_picture(look(approval), approval.state)
    return [(r["group"], [k["by"] for k in r["filled_by"]], r["candidates"], r["note"]) for r in rows]


@pytest.mark.django_db
def test_open_keys_name_everybody_who_can_turn_them(world):
    asked = world.asked()
    assert keys(world, asked) == [
        (MANAGERS, [], ["rita", "rosa"], ""),
        (OWNERS, [], ["olga", "omar", "rosa"], ""),
    ]


@pytest.mark.django_db
def test_a_turned_key_has_its_time_and_words_and_leaves_the_others_open(world):
    asked = world.asked()
    world.vote(asked, "rita", comment="I <b>looked</b> at the plan.")
    assert keys(world, asked)[1] == (OWNERS, [], ["olga", "omar", "rosa"], "")
    approval = ApprovalRequest.objects.get(pk=asked.approval_id)
    first = slots_of_picture(look(approval), approval.state)[0]
    (turned,) = first["filled_by"]
    assert (turned["by"], turned["comment"]) == ("rita", "I <b>looked</b> at the plan.")
    assert turned["at"] == approval.votes.get().at
    assert first["open_places"] == []


@pytest.mark.django_db
def test_a_key_nobody_can_turn_says_what_would_help(world):
    asked = world.asked()
    GroupMembership.objects.filter(group=MANAGERS).update(until=now() - timedelta(seconds=1))
    assert keys(world, asked)[0] == (
        MANAGERS,
        [],
        [],
        "Nobody can turn it now: add somebody to release-managers.",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["rejected", "expired", "consumed", "closed"])
def test_of_a_request_that_is_over_no_key_can_be_turned(world, state):
    asked = world.asked()
    world.vote(asked, "rita")
    ApprovalRequest.objects.filter(pk=asked.approval_id).update(state=state)
    assert keys(world, asked) == [(MANAGERS, ["rita"], [], NOT_TURNED), (OWNERS, [], [], NOT_TURNED)]


@pytest.mark.django_db
def test_whoever_left_the_group_has_lost_the_key(world):
    asked = world.asked()
    world.vote(asked, "rita")
    GroupMembership.objects.filter(person__username="rita").update(until=now() - timedelta(seconds=1))
    picture = look(ApprovalRequest.objects.get(pk=asked.approval_id))
    assert lost_votes(picture) == ["rita"]
    assert keys(world, asked)[0] == (MANAGERS, [], ["rosa"], "")


@pytest.mark.django_db
def test_the_vote_against_is_told_with_its_reason(world):
    asked = world.asked()
    assert last_rejection(None) is last_rejection(asked.approval) is None
    world.vote(asked, "omar", "reject", "The ledger is not tested.")
    approval = ApprovalRequest.objects.get(pk=asked.approval_id)
    found = {"by": "omar", "comment": "The ledger is not tested."}
    assert last_rejection(approval) == found
    (told,) = rejections(look(approval))
    assert told == {**found, "behalf": "", "at": approval.votes.get().at}
    approval.votes.update(void=True)
    assert last_rejection(approval) is None
    assert rejections(look(approval)) == []


@pytest.mark.django_db
def test_two_accounts_of_one_human_are_named_together(world):
    asked = world.asked()
    assert twins(look(asked.approval)) == ()
    Person.objects.filter(username="rosa").update(email="RITA@acme.example")
    assert twins(look(asked.approval)) == ("rita and rosa",)


def position(world, asked, name: str, **pulse):
    approval = ApprovalRequest.objects.get(pk=asked.approval_id)
    at = pulse.pop("at", now())
    return position_of(frame_of_pulse(world.actor(name), at=at), approval, look(approval))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "code", "groups", "relations"),
    [
        ("rita", None, [MANAGERS], []),
        ("rosa", None, [OWNERS, MANAGERS], []),
        ("zoe", "not_eligible", [], []),
        ("admin", "not_eligible", [], []),
        ("dana", "separation_of_duties", [], ["requester", "submitter", "author"]),
    ],
)
def test_everybody_knows_beforehand_whether_the_form_is_theirs(world, name, code, groups, relations):
    found = position(world, world.asked(), name)
    assert (found.refusal.code if found.refusal else None) == code
    assert (found.groups, sorted(found.relations), found.vote) == (groups, sorted(relations), None)


@pytest.mark.django_db
def test_my_own_vote_is_found_and_keeps_me_from_a_second(world):
    asked = world.asked()
    world.vote(asked, "rita")
    found = position(world, asked, "rita")
    assert (found.refusal.code, found.vote.person.username) == ("already_voted", "rita")
    assert position(world, asked, "omar").refusal is None


@pytest.mark.django_db
def test_another_account_of_mine_that_voted_keeps_me_from_voting(world):
    asked = world.asked()
    world.vote(asked, "rita")
    Person.objects.filter(username="rosa").update(email="RITA@acme.example")
    found = position(world, asked, "rosa")
    assert (found.refusal.code, found.vote) == ("already_voted", None)
    assert found.refusal.detail == "Another account of yours has voted; one human fills one slot."


@pytest.mark.django_db
def test_a_request_that_lapsed_takes_no_votes_though_nobody_closed_it_yet(world):
    asked, at = world.asked(), now()
    ApprovalRequest.objects.filter(pk=asked.approval_id).update(expires_at=at)
    refusal = position(world, asked, "rita", at=at).refusal
    assert (refusal.code, refusal.extra) == ("not_open", {"state": "expired"})
    assert position(world, asked, "rita", at=at - timedelta(seconds=1)).refusal is None


@pytest.mark.django_db
def test_whoever_asked_from_another_account_is_kept_out(world):
    asked = world.asked()
    approval = ApprovalRequest.objects.get(pk=asked.approval_id)
    approval.relations = [{"relation": "requester", "person": world.actor("dana").person_id, "email": None}]
    approval.save(update_fields=["relations"])
    assert position(world, asked, "rita").refusal is None
    Person.objects.filter(username="rita").update(email="DANA@acme.example")
    found = position(world, asked, "rita")
    assert (found.refusal.code, found.relations) == ("separation_of_duties", ["requester"])
