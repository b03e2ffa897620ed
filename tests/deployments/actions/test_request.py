"""Asking for a deployment: what is accepted, what is the same, what is refused and leaves nothing behind."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audit.models import AuditEvent
from deployments.actions.request import request
from deployments.models import Deployment, History, Step
from kernel.clock import now
from kernel.refusals import Refusal
from pipelines.occurrences import Expansion
from releases.models import Release
from tests import people
from tests.deployments.company import World
from tests.pipelines import places

pytestmark = pytest.mark.django_db


def refused(world, who="dana", **more) -> Refusal:
    before = Deployment.objects.count(), AuditEvent.objects.count()
    values = {"application": "payments", "version": "1.0.0", "environment": "prod", **more}
    with pytest.raises(Refusal) as caught:
        request(actor=world.actor(who) if isinstance(who, str) else who, **values)
    assert (Deployment.objects.count(), AuditEvent.objects.count()) == before
    return caught.value


def test_a_request_is_created_with_its_steps_its_event_and_its_history_row():
    world = World()
    row = world.ask(world.release(), "dev", reason="Tuesday's change")
    assert (row.state, row.requested_by_name, row.pool) == ("requested", "dana", "main")
    assert [s.kind for s in Step.objects.filter(deployment=row).order_by("seq")][:3] == [
        "verify-artifacts",
        "plan",
        "gate",
    ]
    assert Step.objects.get(deployment=row, kind="gate").state == "skipped"
    assert AuditEvent.objects.filter(kind="deployment.requested", subject=f"deployment:{row.pk}").count() == 1
    assert History.objects.get(pk=row.pk).reason == "Tuesday's change"


def test_the_same_request_gives_the_open_one_again():
    world = World()
    release = world.release()
    first = world.ask(release, "dev")
    events = AuditEvent.objects.count()
    again = request(actor=world.actor("dana"), application="payments", version="1.0.0", environment="dev")
    assert (again.created, again.deployment.pk) == (False, first.pk)
    assert AuditEvent.objects.count() == events


def test_other_parameters_while_one_is_open_are_a_conflict():
    world = World()
    world.ask(world.release(), "dev")
    assert refused(world, environment="dev", parameters={"A": "b"}).code == "open_request_differs"


def test_another_start_while_one_is_open_is_a_conflict_and_moves_nothing():
    world = World()
    day = now().replace(microsecond=0) + timedelta(days=3)
    row = world.ask(world.release(), "dev", not_before=day)
    refusal = refused(world, environment="dev", not_before=day + timedelta(seconds=1))
    assert (refusal.status, refusal.code) == (409, "open_request_differs")
    assert [error["pointer"] for error in refusal.errors] == ["/not_before"]
    assert refusal.extra["deployment"] == row.pk
    row.refresh_from_db()
    assert row.not_before == day


def test_a_start_that_the_open_request_does_not_have_is_a_conflict():
    world = World()
    row = world.ask(world.release(), "dev")
    refusal = refused(world, environment="dev", not_before=now() + timedelta(days=3))
    assert (refusal.code, refusal.errors[0]["pointer"]) == ("open_request_differs", "/not_before")
    row.refresh_from_db()
    assert row.not_before is None


@pytest.mark.parametrize("again", ["the same", "the same by another clock", "none"])
def test_the_same_start_or_none_gives_the_open_one_again(again):
    world = World()
    day = now().replace(microsecond=0) + timedelta(days=3)
    row = world.ask(world.release(), "dev", not_before=day)
    asked = {"the same": day, "none": None}.get(again, day.astimezone(ZoneInfo("Asia/Tokyo")))
    wanted = {"application": "payments", "version": "1.0.0", "environment": "dev", "not_before": asked}
    found = request(actor=world.actor("dana"), **wanted)
    assert (found.created, found.deployment.pk, found.deployment.not_before) == (False, row.pk, day)


def test_a_release_that_skipped_an_environment_is_denied_with_the_reason():
    world = World()
    world.release()
    refusal = refused(world)
    assert (refusal.status, refusal.code, refusal.reasons[0]["code"]) == (409, "denied", "not_promoted_from")
    assert refusal.denial.kind == "deployment.denied"
    assert refusal.denial.data["codes"] == ["not_promoted_from"]


def test_a_lane_with_the_policy_reject_takes_one_request():
    world = World(lane="reject")
    world.waiting("1.0.0")
    release = world.release("1.1.0")
    world.ran(release)
    assert refused(world, version="1.1.0").reasons[0]["code"] == "lane_rejected"


def test_an_unverified_artifact_waits_and_is_not_denied():
    world = World()
    assert world.ask(world.release(state="pending"), "dev").state == "requested"


@pytest.mark.parametrize("value", ["AKIAIOSFODNN7EXAMPLE", "-----BEGIN PRIVATE KEY-----\nabc"])
def test_a_secret_in_a_parameter_is_refused_and_not_echoed(value):
    world = World()
    world.release()
    refusal = refused(world, environment="dev", parameters={"Key": value})
    assert refusal.code == "secret_in_parameters"
    assert value not in str(refusal.errors) + refusal.detail


def test_a_parameter_that_is_not_text_is_refused():
    world = World()
    world.release()
    assert refused(world, environment="dev", parameters={"N": 5}).code == "parameter_invalid"


def test_a_start_in_the_past_is_refused():
    world = World()
    world.release()
    assert refused(world, environment="dev", not_before=now() - timedelta(minutes=1)).code == "in_the_past"


def test_a_start_in_the_year_9999_is_refused_before_any_rule_is_expanded(monkeypatch):
    world = World()
    world.release()
    places.window(
        scope={"environment": "dev"}, rrule="FREQ=DAILY", timezone="UTC", start="2026-01-07T22:00:00"
    )
    asked = []
    monkeypatch.setattr(Expansion, "upto", lambda self, instant: asked.append(instant))
    year_9999 = datetime(9999, 12, 31, tzinfo=UTC)
    refusal = refused(world, environment="dev", not_before=year_9999)
    assert (refusal.status, refusal.code) == (422, "too_far_ahead")
    assert [error["pointer"] for error in refusal.errors] == ["/not_before"]
    assert asked == []


def test_a_start_90_days_ahead_is_taken_and_one_a_minute_later_is_not():
    world = World()
    release = world.release()
    farthest = now() + timedelta(days=90)
    later = farthest + timedelta(minutes=1)
    assert refused(world, environment="dev", not_before=later).code == "too_far_ahead"
    assert world.ask(release, "dev", not_before=farthest).not_before == farthest


def test_a_start_outside_the_windows_of_the_place_is_refused_with_the_next_opening():
    world = World()
    world.ran(world.release())
    places.window(
        scope={"environment": "prod"}, rrule="FREQ=DAILY", timezone="UTC", start="2026-01-07T22:00:00"
    )
    day = (now() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
    refusal = refused(world, not_before=day, zone="Europe/Berlin")
    assert (refusal.status, refusal.code) == (422, "schedule_outside_window")
    assert refusal.errors[0]["pointer"] == "/not_before"
    opens = day.replace(hour=22)
    assert refusal.extra["next_opening"] == f"{opens:%Y-%m-%dT%H:%M:%S}Z"
    assert "22:00 (UTC)" in refusal.detail and "(Europe/Berlin)" in refusal.detail
    row = world.ask(Release.objects.get(), not_before=opens)
    assert row.not_before == opens


def test_a_window_of_another_place_does_not_narrow_the_schedule():
    world = World()
    release = world.release()
    places.window(
        scope={"environment": "prod"}, rrule="FREQ=DAILY", timezone="UTC", start="2026-01-07T22:00:00"
    )
    day = (now() + timedelta(days=3)).replace(hour=12)
    assert world.ask(release, "dev", not_before=day).not_before == day


def test_who_sees_the_application_but_is_not_its_team_may_not_ask():
    world = World()
    world.release()
    refusal = refused(world, "omar", environment="dev")
    assert (refusal.status, refusal.extra["missing_permission"]) == (403, "deployment.request")


@pytest.mark.parametrize(("who", "environment"), [("eve", "dev"), ("dana", "nowhere")])
def test_what_may_not_be_seen_and_what_is_not_there_answer_alike(who, environment):
    world = World()
    world.release()
    assert refused(world, who, environment=environment).code == "not_found"


def test_a_token_without_the_scope_may_not_ask():
    world = World()
    world.release()
    assert refused(world, people.ci(scopes=["read"]), environment="dev").status == 403


@pytest.mark.parametrize(
    "parameters",
    [{"": "x"}, {"K\n": "x"}, {"a b": "x"}, {"n" * 256: "x"}, {f"N{n}": "x" for n in range(201)}],
)
def test_parameters_that_no_template_has_are_refused_and_not_echoed(parameters):
    world = World()
    world.release()
    refusal = refused(world, environment="dev", parameters=parameters)
    assert [(e["code"], e["pointer"]) for e in refusal.errors] == [("parameter_invalid", "/parameters")]
