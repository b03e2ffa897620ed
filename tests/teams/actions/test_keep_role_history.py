"""Who had which role, from when to when, and by whose word."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from kernel.clock import now
from teams.actions.create_person import create_person
from teams.actions.keep_role_history import keep_role_history
from teams.actions.set_person_roles import set_person_roles
from teams.models import RoleGrant
from tests import people

pytestmark = pytest.mark.django_db
ADMIN, IRIS = people.administrator("admin"), people.administrator("iris")
NORA = {"username": "nora", "email": "nora@acme.example", "name": "Nora"}


def _history() -> list[tuple]:
    rows = RoleGrant.objects.order_by("id")
    return [(row.role, row.until is None, row.granted_by, row.ended_by) for row in rows]


def test_a_role_begins_with_its_person():
    nora = create_person(actor=ADMIN, roles=["auditor", "window_manager"], **NORA)
    assert _history() == [
        ("auditor", True, "user:per_admin", ""),
        ("window_manager", True, "user:per_admin", ""),
    ]
    assert set(RoleGrant.objects.values_list("since", "person")) == {(nora.created_at, nora.pk)}


def test_what_stays_goes_on_and_what_goes_ends_by_whoever_said_so():
    create_person(actor=ADMIN, roles=["auditor", "window_manager"], **NORA)
    set_person_roles(actor=IRIS, username="nora", roles=["release_manager", "auditor"])
    assert _history() == [
        ("auditor", True, "user:per_admin", ""),
        ("window_manager", False, "user:per_admin", "user:per_iris"),
        ("release_manager", True, "user:per_iris", ""),
    ]
    ended, begun = RoleGrant.objects.get(role="window_manager"), RoleGrant.objects.get(role="release_manager")
    assert ended.since < ended.until == begun.since


def test_a_role_given_back_is_a_time_of_its_own():
    create_person(actor=ADMIN, roles=["auditor"], **NORA)
    for roles in ([], ["auditor"], ["auditor"]):
        set_person_roles(actor=IRIS, username="nora", roles=roles)
    assert _history() == [
        ("auditor", False, "user:per_admin", "user:per_iris"),
        ("auditor", True, "user:per_iris", ""),
    ]


def test_nobody_has_a_role_twice_at_a_time():
    nora = create_person(actor=ADMIN, roles=["auditor"], **NORA)
    with pytest.raises(IntegrityError), transaction.atomic():
        keep_role_history(actor=IRIS, person=nora, before=[], after=["auditor"], at=now())
    assert RoleGrant.objects.count() == 1


def test_another_persons_time_is_left_alone():
    create_person(actor=ADMIN, roles=["auditor"], **NORA)
    create_person(actor=ADMIN, roles=["auditor"], username="olaf", email="olaf@acme.example", name="Olaf")
    set_person_roles(actor=IRIS, username="nora", roles=[])
    assert list(RoleGrant.objects.filter(until=None).values_list("person__username", flat=True)) == ["olaf"]


def test_roles_from_before_there_was_a_history_begin_with_their_person():
    """As the migration finds them."""
    rita = people.person("rita", roles=["release_manager", "auditor"])
    people.person("dana")
    import_module("teams.migrations.0004_role_grants").begin(apps, None)
    rows = RoleGrant.objects.order_by("role").values_list("person", "role", "since", "until", "granted_by")
    assert list(rows) == [
        (rita.pk, "auditor", people.EPOCH, None, "system:migration"),
        (rita.pk, "release_manager", people.EPOCH, None, "system:migration"),
    ]
    set_person_roles(actor=IRIS, username="rita", roles=["release_manager"])
    ended = RoleGrant.objects.get(role="auditor")
    assert now() - ended.until < timedelta(minutes=5)
