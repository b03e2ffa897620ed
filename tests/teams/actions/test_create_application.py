"""Registering what a team ships."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from teams.actions.create_application import create_application
from teams.models import Application
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
GOOD = {"name": "payments", "team": "desk", "owners_group": "owners"}


@pytest.fixture(autouse=True)
def _team_and_group():
    people.team("desk")
    people.group("owners")


def test_an_application_is_created():
    create_application(actor=people.administrator(), **GOOD, release_branches=["main", "hotfix/*"])
    row = Application.objects.get()
    assert (row.pk, row.team_id, row.owners_group_id) == ("payments", "desk", "owners")
    assert row.release_branches == ["main", "hotfix/*"]
    event = only_event("application.changed")
    assert (event["subject"], event["application"]) == ("application:payments", "payments")
    assert event["data"] == {
        "change": "created",
        "before": None,
        "after": {"team": "desk", "owners_group": "owners", "release_branches": ["main", "hotfix/*"]},
    }


def test_main_and_release_branches_cut_releases_where_nothing_is_said():
    create_application(actor=people.administrator(), **GOOD)
    assert Application.objects.get().release_branches == ["main", "release/*"]


def test_an_application_may_cut_no_release_by_itself():
    create_application(actor=people.administrator(), **GOOD, release_branches=[])
    assert Application.objects.get().release_branches == []


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"name": "Payments"}, "name_invalid", "/name"),
        ({"team": "nowhere"}, "team_unknown", "/team"),
        ({"owners_group": "nowhere"}, "group_unknown", "/owners_group"),
        ({"owners_group": "desk"}, "group_unknown", "/owners_group"),
        ({"release_branches": ["main", ""]}, "branches_invalid", "/release_branches/1"),
        ({"release_branches": ["a b"]}, "branches_invalid", "/release_branches/0"),
        ({"release_branches": ["a\nb"]}, "branches_invalid", "/release_branches/0"),
        ({"release_branches": ["x" * 201]}, "branches_invalid", "/release_branches/0"),
        ({"release_branches": ["main"] * 51}, "branches_invalid", "/release_branches"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        create_application(actor=people.administrator(), **{**GOOD, **change})
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Application.objects.exists()
    assert events() == []


def test_everything_wrong_is_named_at_once():
    with pytest.raises(Invalid) as refusal:
        create_application(actor=people.administrator(), name="x", team="a", owners_group="b")
    assert [error["pointer"] for error in refusal.value.errors] == ["/team", "/owners_group"]


def test_a_second_application_of_the_same_name_is_a_conflict():
    create_application(actor=people.administrator(), **GOOD)
    with pytest.raises(Conflict) as refusal:
        create_application(actor=people.administrator(), **GOOD)
    assert refusal.value.code == "already_exists"
    assert len(events("application.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_register_applications(caller):
    with pytest.raises(Forbidden) as refusal:
        create_application(actor=caller, **GOOD)
    assert refusal.value.extra["missing_permission"] == "application.manage"
    assert not Application.objects.exists()
