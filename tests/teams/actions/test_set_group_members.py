"""Who is in a group from now on, and who was."""

import pytest

from kernel.refusals import Forbidden, Invalid, NotFound
from teams.actions.set_group_members import set_group_members
from teams.models import GroupMembership
from teams.places import memberships_of
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys():
    people.person("alice", groups=["keys"])
    people.person("bob", groups=["keys"])
    people.person("carol")


def _set(members, *, actor=None, name="keys"):
    return set_group_members(actor=actor or people.administrator(), name=name, members=members)


def _now() -> set[str]:
    rows = GroupMembership.objects.filter(group="keys", until__isnull=True)
    return set(rows.values_list("person__username", flat=True))


def test_exactly_the_named_people_are_in_it_afterwards():
    _set(["bob", "carol"])
    assert _now() == {"bob", "carol"}
    event = only_event("group.changed")
    assert event["subject"] == "group:keys"
    assert event["data"] == {"change": "members", "added": ["per_carol"], "removed": ["per_alice"]}


def test_who_was_in_it_stays_on_record():
    _set(["bob"])
    left = GroupMembership.objects.get(person="per_alice")
    assert left.since == people.EPOCH
    assert left.until is not None
    assert GroupMembership.objects.get(person="per_bob").since == people.EPOCH


def test_someone_who_comes_back_has_two_times_in_it():
    _set(["bob"])
    _set(["bob", "alice"])
    rows = GroupMembership.objects.filter(person="per_alice").order_by("since")
    assert [row.until is None for row in rows] == [False, True]
    assert memberships_of("per_alice")[0] == {"keys"}


def test_the_same_members_again_change_and_record_nothing():
    _set(["bob", "alice"])
    assert events() == []
    assert GroupMembership.objects.count() == 2


def test_a_group_may_be_emptied():
    _set([])
    assert _now() == set()


@pytest.mark.parametrize(
    ("members", "code", "pointer"),
    [
        (["carol", "nobody"], "person_unknown", "/members/1"),
        (["carol", "carol"], "person_twice", "/members/1"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(members, code, pointer):
    with pytest.raises(Invalid) as refusal:
        _set(members)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert _now() == {"alice", "bob"}
    assert events() == []


@pytest.mark.parametrize("name", ["nowhere", "Keys", "", "keys\x00"])
def test_a_group_that_does_not_exist_is_not_found(name):
    with pytest.raises(NotFound):
        _set(["carol"], name=name)


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("alice"), people.ci()]
)
def test_only_administrators_change_members(caller):
    with pytest.raises(Forbidden) as refusal:
        _set(["carol"], actor=caller)
    assert refusal.value.extra["missing_permission"] == "group.manage"
    assert _now() == {"alice", "bob"}
