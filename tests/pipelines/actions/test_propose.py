"""Configuration goes in by one door: in force at once, or kept for a second person."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from pipelines.actions.propose import propose
from pipelines.models import Account, ConfigChange, Environment, Freeze, PipelineVersion, Window
from teams.queries import members_of
from tests import people
from tests.pipelines import places, protected
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
WINDOW = {
    "name": "Wednesday night",
    "timezone": "UTC",
    "rrule": "FREQ=WEEKLY;BYDAY=WE",
    "start": "2026-01-07T22:00:00",
    "duration": 3600,
}
FREEZE = {
    "name": "Year end",
    "timezone": "UTC",
    "start": "2099-12-20T00:00:00",
    "end": "2100-01-04T00:00:00",
    "reason": "Nobody is here.",
    "contact": "rita",
}
PROD = {"name": "prod-eu", "account": "prod", "region": "eu-west-1", "rank": 40, "protected": True}


@pytest.fixture(autouse=True)
def _company():
    protected.company()


def _propose(kind, *, actor=None, **request):
    return propose(actor=actor or people.administrator(), kind=kind, **request)


def test_a_change_of_a_protected_environment_is_kept_and_not_in_force():
    answer = _propose(
        "environment.update", name="prod", version=1, changes={"lane": "queue", "default_open": True}
    )
    assert answer.result is None
    change = ConfigChange.objects.get()
    assert (change.pk, change.state, change.environments) == (answer.change.pk, "pending", ["prod"])
    assert change.diff == [{"pointer": "/lane", "before": "supersede", "after": "queue"}]
    assert (change.expires_at - change.proposed_at).days == 7
    row = Environment.objects.get(pk="prod")
    assert (row.lane, row.version) == ("supersede", 1)
    event = only_event("config.proposed")
    assert event["subject"] == f"change:{change.pk}"
    assert event["data"]["fields"] == ["/lane"]
    assert event["data"]["proposed_by"] == "user:per_admin"
    assert events("config.changed") == []


def test_a_team_cannot_open_an_expedited_path_or_change_who_is_asked_there_alone():
    path = "expedited:\n  - {environment: prod, skip: [dev]}\n"
    source = places.source(environments=("dev", "prod")) + path
    answer = _propose("pipeline.save", application="payments", source=source, version=1)
    assert answer.result is None
    (shown,) = [row for row in answer.change.diff if row["pointer"] == "/expedited"]
    assert (shown["before"], shown["after"]) == (
        None,
        [{"environment": "prod", "skip": ["dev"], "slots": []}],
    )
    assert PipelineVersion.objects.count() == 1, "nothing is in force yet"
    gate = {**Environment.objects.get(pk="prod").gate}
    gate["expedited_slots"] = [{"group": "release-managers", "count": 1}]
    answer = _propose("environment.update", name="prod", version=1, changes={"gate": gate})
    assert answer.result is None
    assert [row["pointer"] for row in answer.change.diff] == ["/gate/expedited_slots"]
    assert "expedited_slots" not in Environment.objects.get(pk="prod").gate


@pytest.mark.parametrize(
    ("kind", "request_", "rows"),
    [
        ("environment.create", {**PROD, "gate": {"slots": [{"group": "release-managers"}]}}, Environment),
        ("environment.archive", {"name": "prod", "reason": "Gone"}, None),
        ("environment.update", {"name": "prod", "version": 1, "changes": {"protected": False}}, None),
        ("environment.update", {"name": "dev", "version": 1, "changes": {"protected": True}}, None),
        ("pipeline.save", {"application": "payments", "source": None, "version": 1}, PipelineVersion),
        ("window.create", {**WINDOW, "scope": {}}, Window),
        ("window.create", {**WINDOW, "scope": {"tier": "production"}}, Window),
        ("group.members", {"name": "release-managers", "members": ["rita", "dana"]}, None),
        ("group.members", {"name": "payments-owners", "members": ["omar", "dana"]}, None),
        ("person.roles", {"username": "dana", "roles": ["administrator"]}, None),
    ],
)
def test_what_opens_a_protected_environment_waits(kind, request_, rows):
    if kind == "environment.archive":
        PipelineVersion.objects.all().delete()
    if kind == "pipeline.save":
        request_ = {**request_, "source": places.source(environments=("prod",))}
    there = set(rows.objects.values_list("pk", flat=True)) if rows else None
    answer = _propose(kind, **request_)
    assert answer.change is not None
    assert answer.change.diff
    assert rows is None or set(rows.objects.values_list("pk", flat=True)) == there
    assert [event["kind"] for event in events()][-1] == "config.proposed"


def test_what_was_tried_leaves_nothing_behind():
    _propose("group.members", name="release-managers", members=["dana"])
    assert [person.username for person in members_of(["release-managers"])["release-managers"]] == ["rita"]
    assert events("group.changed") == []
    assert openings("config.proposed")["target"] == "group:release-managers"


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("environment.create", {"name": "lab", "account": "dev", "region": "eu-west-1", "rank": 5}),
        ("environment.update", {"name": "dev", "version": 1, "changes": {"lane": "queue"}}),
        ("window.create", {**WINDOW, "scope": {"environment": "dev"}}),
        ("group.members", {"name": "newcomers", "members": []}),
        ("freeze.create", {**FREEZE, "scope": {}}),
        ("person.roles", {"username": "dana", "roles": ["auditor"]}),
    ],
)
def test_elsewhere_and_what_only_closes_is_in_force_at_once(kind, request_):
    answer = _propose(kind, **request_)
    assert answer.change is None
    assert answer.result is not None
    assert ConfigChange.objects.count() == 0


def test_a_new_account_is_no_part_of_a_protected_environment_yet():
    number = "555555555555"
    body = {"account_id": number, "alias": "new", "regions": ["eu-west-1"], "pool": "main"}
    role = f"arn:aws:iam::{number}:role/deploy"
    assert _propose("account.create", **body, deploy_role_arn=role).change is None
    assert Account.objects.filter(alias="new").exists()
    assert _propose("account.archive", account_id="new", reason="Mistake").change is None


def test_a_freeze_may_be_prolonged_by_one_and_shortened_or_ended_by_two():
    freeze = _propose("freeze.create", **FREEZE, scope={"environment": "prod"}).result
    key = {"freeze_id": freeze.pk}
    longer = _propose("freeze.update", **key, version=1, changes={"end": "2100-02-01T00:00:00"})
    assert longer.result.version == 2
    shorter = _propose("freeze.update", **key, version=2, changes={"end": "2100-01-01T00:00:00"})
    ended = _propose("freeze.archive", **key, reason="The books are closed")
    assert (shorter.change.state, ended.change.state) == ("pending", "pending")
    row = Freeze.objects.get()
    assert (row.end, row.archived_at) == ("2100-02-01T00:00:00", None)


def test_the_same_again_changes_nothing_and_waits_for_nobody():
    answer = _propose("environment.update", name="prod", version=1, changes={"lane": "supersede"})
    assert (answer.change, answer.result.version) == (None, 1)


def test_whoever_proposes_gets_the_refusals_of_the_change_itself():
    with pytest.raises(Conflict) as stale:
        _propose("environment.update", name="prod", version=7, changes={"lane": "queue"})
    assert stale.value.code == "version_conflict"
    with pytest.raises(Invalid) as wrong:
        _propose(
            "environment.update", name="prod", version=1, changes={"gate": {"slots": [{"group": "moon"}]}}
        )
    assert wrong.value.code == "group_unknown"
    with pytest.raises(Forbidden):
        _propose(
            "environment.update", actor=people.actor("dana"), name="prod", version=1, changes={"rank": 1}
        )
    assert ConfigChange.objects.count() == 0


def test_release_managers_propose_what_they_may_change():
    answer = _propose("window.create", actor=people.release_manager(), **WINDOW, scope={})
    assert answer.change.proposed_by.username == "rita"
