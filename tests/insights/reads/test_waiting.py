"""Whose key a request waits for: never a machine's, never that of somebody kept out, never one already turned."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.models import ApprovalRequest
from insights.reads.waiting import could_turn_a_key, count_waiting
from kernel.clock import now
from pipelines.matching import assign, slots_of
from teams.rules import StandIn
from tests import people

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
GATE = {
    "slots": [{"group": "managers", "count": 1}, {"group": "owners", "count": 1}],
    "exclude": ["requester", "author"],
}
RITA = people.actor("rita", groups=["managers"])
BOTH = people.actor("rosa", groups=["managers", "owners"])


def cast(name: str, *groups: str, decision: str = "approve", behalf: str | None = None) -> tuple:
    return f"per_{name}", decision, frozenset(groups), behalf and f"per_{behalf}"


def could(actor=RITA, *votes, relations=(), **gate) -> bool:
    return could_turn_a_key(actor, {**GATE, **gate}, list(relations), votes, AT)


def test_a_member_of_a_group_with_an_open_key_could():
    assert could() is True
    assert could(RITA, cast("omar", "owners")) is True


def lent(principal: str, group: str, days: int = 1) -> StandIn:
    until = AT + timedelta(days=days)
    email = people.email_of(principal)
    return StandIn(
        "dlg_1", group, f"per_{principal}", "per_zoe", until - timedelta(days=2), until, principal, email
    )


def test_whoever_stands_in_for_a_member_could_while_it_holds():
    zoe = people.actor("zoe", stands_in=(lent("omar", "owners"),))
    assert could(zoe) is True
    assert could(zoe, cast("olga", "owners")) is False
    assert could(zoe, cast("omar", "managers")) is False, "whoever lent it has voted"
    assert could(zoe, cast("yves", "managers", behalf="omar")) is False
    assert could(people.actor("zoe", stands_in=(lent("omar", "owners", days=0),))) is False
    assert could(people.actor("zoe", stands_in=(lent("omar", "cooks"),))) is False


def test_whoever_somebody_voted_for_could_not_beside_them():
    assert could(RITA, cast("zoe", "owners", behalf="rita")) is False


@pytest.mark.parametrize(
    "named", [{"person": "per_omar", "email": None}, {"person": None, "email": "OMAR@acme.example"}]
)
def test_a_delegate_of_somebody_kept_out_could_not(named):
    zoe = people.actor("zoe", stands_in=(lent("omar", "owners"),))
    assert could(zoe, relations=[{"relation": "author", **named}]) is False
    assert could(zoe, relations=[{"relation": "submitter", **named}]) is True


@pytest.mark.parametrize("actor", [people.ci(), people.actor("zoe"), people.actor("bob", groups=["cooks"])])
def test_a_machine_and_whoever_is_in_none_of_the_groups_could_not(actor):
    assert could(actor) is False


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_whoever_has_voted_could_not_again(decision):
    assert could(RITA, cast("rita", "managers", decision=decision)) is False


def test_a_key_that_is_turned_waits_for_nobody():
    assert could(RITA, cast("rosa", "managers")) is False
    assert could(BOTH, cast("rita", "managers"), cast("omar", "owners")) is False


def test_a_key_counts_where_another_person_can_move_to_another_slot():
    assert could(RITA, cast("rosa", "managers", "owners")) is True


def test_a_rejection_fills_no_key():
    assert could(RITA, cast("rosa", "managers", decision="reject")) is True


@pytest.mark.parametrize(
    ("relation", "may"),
    [
        ({"relation": "requester", "person": "per_rita"}, False),
        ({"relation": "author", "email": "RITA@acme.example "}, False),
        ({"relation": "author", "email": "omar@acme.example"}, True),
        ({"relation": "submitter", "person": "per_rita"}, True),  # this gate does not exclude it
        ({"relation": "author", "person": None, "email": None}, True),
    ],
)
def test_whoever_the_gate_keeps_out_could_not(relation, may):
    assert could(relations=[relation]) is may


GROUPS = st.frozensets(st.sampled_from("abc"))
SLOTS = st.lists(
    st.fixed_dictionaries({"group": st.sampled_from("abc"), "count": st.integers(1, 2)}),
    min_size=1,
    max_size=3,
)


@given(SLOTS, st.lists(GROUPS, max_size=5), GROUPS)
def test_a_key_could_be_turned_exactly_if_one_more_place_would_be_filled(rows, voters, mine):
    votes = [(f"per_{n}", groups) for n, groups in enumerate(voters)]

    def places(cast_):
        return sum(len(found) for found in assign(slots_of(rows), cast_).filled.values())

    found = could_turn_a_key(
        people.actor("me", groups=mine),
        {"slots": rows, "exclude": []},
        [],
        [(person, "approve", groups, None) for person, groups in votes],
        AT,
    )
    assert found is (places([*votes, ("per_me", mine)]) > places(votes))


def waiting(world, name: str, names=None, *, later=timedelta(0)) -> int:
    return count_waiting(world.actor(name), now() + later, lambda: names)


@pytest.mark.django_db
def test_who_is_counted_in_and_after_each_vote(world):
    asked = world.asked()
    before = {name: waiting(world, name) for name in ("rita", "rosa", "omar", "dana", "zoe", "admin")}
    assert before == {"rita": 1, "rosa": 1, "omar": 1, "dana": 0, "zoe": 0, "admin": 0}
    world.vote(asked, "rita")
    assert [waiting(world, name) for name in ("rita", "rosa", "omar")] == [0, 1, 1]
    world.vote(asked, "omar")
    assert [waiting(world, name) for name in ("rita", "rosa", "omar")] == [0, 0, 0]


@pytest.mark.django_db
def test_what_is_not_visible_or_has_lapsed_is_not_counted(world):
    asked = world.asked()
    assert waiting(world, "rita", frozenset({"billing"})) == waiting(world, "rita", frozenset()) == 0
    assert waiting(world, "rita", frozenset({"payments"})) == 1
    ApprovalRequest.objects.filter(pk=asked.approval_id).update(expires_at=now() + timedelta(hours=1))
    assert waiting(world, "rita") == 1
    assert waiting(world, "rita", later=timedelta(hours=1, seconds=1)) == 0


@pytest.mark.django_db
def test_void_and_withdrawn_votes_leave_the_key_open(world):
    asked = world.asked()
    world.vote(asked, "rita")
    world.vote(asked, "rita", "withdraw")
    assert waiting(world, "rita") == 1
    world.vote(asked, "rita")
    world.plan(asked, digest="sha256:" + "f" * 64)
    assert waiting(world, "rita") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["satisfied", "rejected", "expired", "consumed", "closed"])
def test_what_waits_for_time_or_is_over_waits_for_nobody(world, state):
    asked = world.asked()
    ApprovalRequest.objects.filter(pk=asked.approval_id).update(state=state)
    assert waiting(world, "rita") == 0


@pytest.mark.django_db
def test_whoever_is_in_no_group_costs_no_query(world, django_assert_num_queries):
    zoe, at = world.actor("zoe"), now()

    def names():
        raise AssertionError("asked for nothing")

    with django_assert_num_queries(0):
        assert count_waiting(zoe, at, names) == count_waiting(world.ci(), at, names) == 0
