"""Letting a human in."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from teams.actions.create_person import create_person
from teams.models import Person
from tests import people
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
GOOD = {"username": "rita", "email": "Rita@ACME.example", "name": "Rita Ring"}


def test_a_person_is_created_with_an_address_in_lower_case():
    made = create_person(actor=people.administrator(), **GOOD, roles=["release_manager", "auditor"])
    row = Person.objects.get(username="rita")
    assert row.pk == made.pk
    assert (row.email, row.name, row.roles, row.is_active) == (
        "rita@acme.example",
        "Rita Ring",
        ["auditor", "release_manager"],
        True,
    )
    assert not row.has_usable_password()


def test_the_event_names_the_person_by_id_and_hides_the_rest():
    made = create_person(actor=people.administrator(), **GOOD)
    event = only_event("person.changed")
    assert event["subject"] == f"person:{made.pk}"
    assert event["data"] == {"change": "created", "roles": []}
    assert "rita" not in str(event).replace("per_rita", "").lower()
    assert openings("person.changed") == {
        "actor": "admin",
        "username": "rita",
        "email": "rita@acme.example",
        "name": "Rita Ring",
    }


def test_a_password_is_stored_hashed_and_works():
    create_person(actor=people.administrator(), **GOOD, password="a long enough phrase")
    row = Person.objects.get(username="rita")
    assert row.check_password("a long enough phrase")
    assert "enough" not in row.password


@pytest.mark.parametrize("password", ["sh0rt", "password1234", "rita@acme.example", ""])
def test_a_weak_password_is_refused_and_nobody_is_created(password):
    with pytest.raises(Invalid) as refusal:
        create_person(actor=people.administrator(), **GOOD, password=password)
    assert refusal.value.code == "password_invalid"
    assert {error["pointer"] for error in refusal.value.errors} == {"/password"}
    assert all(not password or password not in error["detail"] for error in refusal.value.errors)
    assert not Person.objects.exists()
    assert events() == []


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"username": "Rita"}, "name_invalid", "/username"),
        ({"username": "rita ring"}, "name_invalid", "/username"),
        ({"username": "rita@acme"}, "name_invalid", "/username"),
        ({"email": "rita"}, "email_invalid", "/email"),
        ({"email": "a" * 250 + "@acme.example"}, "email_invalid", "/email"),
        ({"email": ""}, "email_invalid", "/email"),
        ({"name": "  "}, "text_invalid", "/name"),
        ({"name": "x" * 201}, "text_invalid", "/name"),
        ({"roles": ["auditor", "king"]}, "role_unknown", "/roles/1"),
        ({"roles": ["team"]}, "role_unknown", "/roles/0"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        create_person(actor=people.administrator(), **{**GOOD, **change})
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Person.objects.exists()
    assert events() == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "other@acme.example"}, "/username"),
        ({"username": "rita2", "email": "RITA@acme.example"}, "/email"),
    ],
)
def test_a_taken_username_or_address_is_a_conflict(change, pointer):
    create_person(actor=people.administrator(), **GOOD)
    with pytest.raises(Conflict) as refusal:
        create_person(actor=people.administrator(), **{**GOOD, **change})
    assert refusal.value.code == "already_exists"
    assert [error["pointer"] for error in refusal.value.errors] == [pointer]
    assert Person.objects.count() == 1
    assert len(events()) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_let_people_in(caller):
    with pytest.raises(Forbidden) as refusal:
        create_person(actor=caller, **GOOD)
    assert refusal.value.extra["missing_permission"] == "person.manage"
    assert not Person.objects.exists()
