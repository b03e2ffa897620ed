"""Taking environments out of use."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.archive_environment import archive_environment
from pipelines.models import Environment
from pipelines.queries import environments
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rows():
    places.environment("dev")
    places.environment("prod")
    places.pipeline("payments", ("dev",))


def test_an_archived_environment_stays_on_record_and_is_not_listed():
    archive_environment(actor=people.administrator(), name="prod", reason="closed")
    assert Environment.objects.get(pk="prod").archived_at is not None
    assert [environment.pk for environment in environments()] == ["dev"]
    event = only_event("config.changed")
    assert (event["subject"], event["environment"]) == ("environment:prod", "prod")
    assert (event["data"]["change"], event["data"]["after"]) == ("archived", None)
    assert event["data"]["before"]["rank"] == 30
    assert openings("config.changed")["reason"] == "closed"


def test_one_that_is_in_use_is_kept_and_its_users_are_listed():
    places.pipeline("storefront", ("dev", "prod"))
    with pytest.raises(Conflict) as refusal:
        archive_environment(actor=people.administrator(), name="dev", reason="x")
    assert refusal.value.code == "referenced"
    assert [error["object"] for error in refusal.value.errors] == ["pipeline:payments", "pipeline:storefront"]
    assert Environment.objects.get(pk="dev").archived_at is None
    assert events() == []


def test_only_pipelines_in_force_count():
    places.pipeline("payments", ("prod",), number=2)
    archive_environment(actor=people.administrator(), name="dev", reason="x")
    assert Environment.objects.get(pk="dev").archived_at is not None


def test_a_reason_is_required_and_the_place_must_be_there():
    with pytest.raises(Invalid) as refusal:
        archive_environment(actor=people.administrator(), name="prod", reason=" ")
    assert refusal.value.code == "reason_required"
    archive_environment(actor=people.administrator(), name="prod", reason="x")
    for name in ("prod", "nowhere"):
        with pytest.raises(NotFound):
            archive_environment(actor=people.administrator(), name=name, reason="x")
    assert len(events("config.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("d"), people.ci()]
)
def test_only_administrators_archive_environments(caller):
    with pytest.raises(Forbidden):
        archive_environment(actor=caller, name="prod", reason="x")
    assert Environment.objects.get(pk="prod").archived_at is None
