"""Teams."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from teams.actions.create_team import create_team
from teams.models import Team, TeamMembership
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def test_a_team_is_created_with_its_members():
    people.person("alice")
    people.person("bob")
    create_team(actor=people.administrator(), name="web", members=["bob", "alice"])
    rows = TeamMembership.objects.filter(team="web", until__isnull=True)
    assert set(rows.values_list("person_id", flat=True)) == {"per_alice", "per_bob"}
    event = only_event("team.changed")
    assert event["subject"] == "team:web"
    assert event["data"] == {"change": "created", "added": ["per_alice", "per_bob"], "removed": []}


def test_a_team_may_be_empty():
    create_team(actor=people.administrator(), name="web", members=[])
    assert Team.objects.get().pk == "web"


@pytest.mark.parametrize(
    ("name", "members", "code", "pointer"),
    [
        ("Web", [], "name_invalid", "/name"),
        ("", [], "name_invalid", "/name"),
        ("web", ["nobody"], "person_unknown", "/members/0"),
        ("web", ["alice", "alice"], "person_twice", "/members/1"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(name, members, code, pointer):
    people.person("alice")
    with pytest.raises(Invalid) as refusal:
        create_team(actor=people.administrator(), name=name, members=members)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Team.objects.exists()
    assert events() == []


def test_a_second_team_of_the_same_name_is_a_conflict_and_the_first_stays():
    people.person("alice")
    create_team(actor=people.administrator(), name="web", members=["alice"])
    with pytest.raises(Conflict) as refusal:
        create_team(actor=people.administrator(), name="web", members=[])
    assert refusal.value.code == "already_exists"
    assert TeamMembership.objects.count() == 1
    assert len(events("team.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_create_teams(caller):
    with pytest.raises(Forbidden) as refusal:
        create_team(actor=caller, name="web", members=[])
    assert refusal.value.extra["missing_permission"] == "team.manage"
    assert not Team.objects.exists()
