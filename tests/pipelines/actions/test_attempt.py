"""One list of everything that changes configuration, and what each would change."""

import pytest
from django.db import transaction

from pipelines.actions.attempt import VERBS, attempt
from tests import people
from tests.pipelines import places, protected

pytestmark = pytest.mark.django_db


def test_every_verb_says_what_people_call_its_object():
    assert len(VERBS) == 16
    assert all(verb.label for verb in VERBS.values())


def test_what_was_done_is_told_with_its_base_and_its_places():
    protected.company()
    request = {"name": "prod", "version": 1, "changes": {"lane": "queue"}}
    with transaction.atomic():
        done = attempt(people.administrator(), "environment.update", request)
    assert (done.target, done.base, done.environments) == ("environment:prod", 1, {"prod"})
    assert done.diff == [{"pointer": "/lane", "before": "supersede", "after": "queue"}]
    assert done.result.lane == "queue"


def test_a_new_object_is_called_by_its_name_and_has_no_base():
    protected.company()
    request = {"name": "Nights", "scope": {}, "timezone": "UTC", "rrule": "FREQ=DAILY"}
    request |= {"start": "2026-01-07T22:00:00", "duration": 3600}
    done = attempt(people.administrator(), "window.create", request)
    assert (done.target, done.base) == ("window:Nights", None)
    assert {"pointer": "/duration", "before": None, "after": 3600} in done.diff


def test_an_account_is_found_by_any_of_its_names():
    places.account("dev")
    for name in ("dev", "111111111111"):
        with transaction.atomic():
            done = attempt(people.administrator(), "account.archive", {"account_id": name, "reason": "Gone"})
            assert (done.result.alias, done.base) == ("dev", 1)
            transaction.set_rollback(True)
