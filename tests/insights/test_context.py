"""The frame of every page: who looks, what is true for everybody, and that it never breaks a page."""

import logging
import re

import pytest
from django.db import DatabaseError, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from builds.models import Build
from deployments.models import Worker
from insights import context
from insights.context import app_version, shell
from insights.frame import Frame
from kernel.actor import Actor
from kernel.models import ClockOffset, Heartbeat
from pipelines.actions.look_at_gates import look_at_gates
from teams.actions.set_group_members import set_group_members
from tests.audit import log
from tests.deployments.world import SYSTEM
from tests.insights.browser import Browser, frame
from tests.insights.calendar_rows import freeze_now
from tests.teams.callers import as_person


def request_of(username: str | None):
    """A request as the middleware leaves it."""
    request = RequestFactory().get("/inbox")
    made = frame(username) if username else None
    request.actor = made.actor if made else Actor.anonymous()
    request.zone = made.zone if made else "UTC"
    request.theme, request.request_id = "dark", "req-7"
    request.user = type("User", (), {"name": "Somebody"})()
    return request


def strips(answer) -> list[str]:
    return re.findall(r'class="strip" data-kind="(\w+)"', answer.html)


def test_a_stranger_costs_no_query(db):
    with CaptureQueriesContext(connection) as counted:
        found = shell(request_of(None))
    assert len(counted) == 0
    assert found["me"] is None
    assert found["theme"] == "dark"
    assert found["request_id"] == "req-7"
    assert found["log_size"] is None


@pytest.mark.parametrize("username", ["rita", "omar", "dana", "zoe"])
def test_three_queries_are_enough_for_somebody(world, username):
    world.asked()
    request = request_of(username)
    assert connection.features.supports_json_field  # asked of SQLite once per connection, not by the page
    with CaptureQueriesContext(connection) as counted:
        found = shell(request)
        found["strips"]()
        count = found["inbox_count"]()
    assert len(counted) <= 3
    assert count == (1 if username in ("rita", "omar") else 0)


def test_who_looks_is_named_with_roles_in_words(world, rita):
    answer = rita.get("/calendar")
    assert "Rita" in answer.text
    assert "release manager" in answer.text
    assert 'aria-current="page"' in answer.html


def test_the_demo_says_so_on_every_page_signed_in_or_not(world, rita, settings):
    settings.DEMO = True
    assert strips(rita.get("/calendar"))[0] == "demo"
    assert "This is the demo" in Browser(None).get("/sign-in").text
    settings.DEMO = False
    assert "demo" not in strips(rita.get("/calendar"))


def test_a_freeze_in_force_stands_above_every_page_for_everybody(world, zoe):
    freeze_now("prod", reason="<b>Year end</b>")
    answer = zoe.get("/board")
    assert "freeze" in strips(answer)
    assert "Freeze in prod until" in answer.text
    assert "<b>Year end</b>" not in answer.html


def test_an_auditor_is_told_that_nothing_can_be_changed(world, aude, rita):
    assert "auditor" in strips(aude.get("/board"))
    assert "auditor" not in strips(rita.get("/board"))


def test_a_pool_without_a_worker_is_told_to_those_who_run_releases(world, rita, dana):
    beat(world, scheduler=True)
    assert "workers_down" not in strips(rita.get("/board"))
    ClockOffset.objects.update_or_create(id=1, defaults={"seconds": 86_400})
    assert "workers_down" not in strips(rita.get("/board"))  # heartbeats are measured by the raw clock
    Worker.objects.update(seen_at="2026-01-01T00:00:00Z")
    answer = rita.get("/board")
    assert "No worker of the pool main is alive." in answer.text
    assert "workers_down" not in strips(dana.get("/board"))


@pytest.mark.parametrize(
    ("username", "told"), [("rita", True), ("admin", True), ("omar", False), ("aude", False)]
)
def test_a_gate_nobody_can_fill_is_told_to_those_who_can_mend_it_with_how(world, username, told):
    set_group_members(actor=SYSTEM, name="payments-owners", members=[])
    look_at_gates()
    answer = Browser(username).get("/board")
    assert ("gate_short" in strips(answer)) is told
    said = (
        "Nobody can fill the gate of prod for payments: payments-owners has too few people. "
        "Add people to payments-owners, or ask for fewer keys there."
    )
    assert (said in answer.text) is told


def test_a_build_in_quarantine_is_told_to_team_and_owners_until_it_is_withdrawn(world):
    build = world.get_release("1.1.0").build
    Build.objects.filter(pk=build.pk).update(state="quarantined")
    told = {
        who: "quarantine" in strips(Browser(who).get("/board")) for who in ("dana", "omar", "rita", "zoe")
    }
    assert told == {"dana": True, "omar": True, "rita": False, "zoe": False}
    assert "In quarantine: payments 1.1.0." in Browser("dana").get("/inbox").text
    answer = as_person("dana").post(f"/builds/{build.pk}/withdraw", {"reason": "Overwritten by hand."})
    assert answer.status_code == 200
    assert "quarantine" not in strips(Browser("dana").get("/board"))


def test_a_silent_scheduler_is_told_and_so_is_one_never_heard_of(world, rita):
    assert "The scheduler has not been heard of yet." in rita.get("/board").text
    beat(world, scheduler=True)
    assert "scheduler" not in rita.get("/board").text
    Heartbeat.objects.update(seen_at="2026-01-01T00:00:00Z")
    assert "The scheduler has been silent for" in rita.get("/board").text


def beat(world, *, scheduler: bool) -> None:
    """Worker and, if wanted, scheduler said a moment ago that they live."""
    world.worker_lives()
    if scheduler:
        seen = frame("rita").pulse.raw
        Heartbeat.objects.update_or_create(name="scheduler", defaults={"seen_at": seen})


def test_the_foot_names_version_log_and_request(world, rita):
    log.sealed(2)
    answer = rita.get("/board")
    assert f"Release Gate {app_version()}" in answer.text
    assert re.search(r"Log: [\d,]+ events sealed, last checkpoint", answer.text)
    assert re.search(r"Request req", answer.text)


def test_a_database_that_does_not_answer_leaves_an_anonymous_frame(world, monkeypatch, caplog):
    def broken(self):
        raise DatabaseError("gone")

    monkeypatch.setattr(Frame, "now", property(broken))
    with caplog.at_level(logging.ERROR):
        found = shell(request_of("rita"))
    assert found["me"] is None
    assert found["now"] is None
    assert "the frame of the page could not be read" in caplog.text


def test_a_strip_that_cannot_be_read_is_left_out_and_logged(world, monkeypatch, caplog):
    def broken(frame):
        raise DatabaseError("gone")

    monkeypatch.setattr(context, "strips_of", broken)
    with caplog.at_level(logging.ERROR):
        assert shell(request_of("rita"))["strips"]() == []
    assert "a part of the frame could not be read" in caplog.text


def test_the_version_is_the_newest_heading_of_the_changelog(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    app_version.cache_clear()
    assert app_version() == "development"
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [2.1.0] - soon\n\n## [2.0.0] - 2026\n")
    app_version.cache_clear()
    assert app_version() == "2.1.0"
    app_version.cache_clear()


def test_the_clock_of_the_page_is_that_of_decisions(world):
    ClockOffset.objects.update_or_create(id=1, defaults={"seconds": 7_200})
    pulse = frame("rita").pulse
    assert (pulse.at - pulse.raw).total_seconds() == 7_200


def test_in_production_the_clock_cannot_be_moved(world, settings):
    settings.CLOCK_MAY_MOVE = False
    ClockOffset.objects.update_or_create(id=1, defaults={"seconds": 7_200})
    pulse = frame("rita").pulse
    assert pulse.at == pulse.raw
