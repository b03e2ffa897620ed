"""Groups that may fill slots."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from teams.actions.create_group import create_group
from teams.models import Group, GroupMembership
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def test_a_group_is_created_with_its_members():
    people.person("alice")
    people.person("bob")
    create_group(actor=people.administrator(), name="keys", members=["bob", "alice"])
    rows = GroupMembership.objects.filter(group="keys", until__isnull=True)
    assert set(rows.values_list("person_id", flat=True)) == {"per_alice", "per_bob"}
    event = only_event("group.changed")
    assert event["subject"] == "group:keys"
    assert event["data"] == {"change": "created", "added": ["per_alice", "per_bob"], "removed": []}


def test_a_group_may_be_empty():
    create_group(actor=people.administrator(), name="keys", members=[])
    assert Group.objects.get().pk == "keys"


@pytest.mark.parametrize(
    ("name", "members", "code", "pointer"),
    [
        ("Keys", [], "name_invalid", "/name"),
        ("", [], "name_invalid", "/name"),
        ("keys", ["nobody"], "person_unknown", "/members/0"),
        ("keys", ["alice", "alice"], "person_twice", "/members/1"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(name, members, code, pointer):
    people.person("alice")
    with pytest.raises(Invalid) as refusal:
        create_group(actor=people.administrator(), name=name, members=members)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Group.objects.exists()
    assert events() == []


def test_a_second_group_of_the_same_name_is_a_conflict_and_the_first_stays():
    people.person("alice")
    create_group(actor=people.administrator(), name="keys", members=["alice"])
    with pytest.raises(Conflict) as refusal:
        create_group(actor=people.administrator(), name="keys", members=[])
    assert refusal.value.code == "already_exists"
    assert GroupMembership.objects.count() == 1
    assert len(events("group.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_create_groups(caller):
    with pytest.raises(Forbidden) as refusal:
        create_group(actor=caller, name="keys", members=[])
    assert refusal.value.extra["missing_permission"] == "group.manage"
    assert not Group.objects.exists()
