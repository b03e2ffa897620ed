"""As people see it: what is where, what comes, what is not known."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builds.models import Build
from deployments.models import Deployment, Lane
from deployments.states import State
from insights.reads.board import Filters, read_board
from kernel.clock import now
from pipelines.models import Environment
from releases.models import Release
from teams.models import Application, Team
from tests.insights.browser import frame
from tests.insights.calendar_rows import freeze_now, window_elsewhen


def cell(answer, environment: str, application: str = "payments") -> str:
    """The text of one cell."""
    row = re.search(rf'class="board-app"[^>]*>{application}<.*?</tr>', answer.html, re.DOTALL).group(0)
    found = re.search(rf'<td data-label="{environment}">(.*?)</td>', row, re.DOTALL).group(1)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found)).strip()


def test_each_cell_says_version_and_age_and_leads_to_the_release(world, rita):
    answer = rita.get("/board")
    assert cell(answer, "staging").startswith("1.1.0")
    assert cell(answer, "prod").startswith("1.0.0")
    assert "baseline" in cell(answer, "prod")
    assert "behind staging" in cell(answer, "prod")
    assert "behind" not in cell(answer, "staging")
    assert 'href="/releases/payments/1.0.0"' in answer.html
    assert "333333333333" in answer.text


def test_what_is_open_stands_below_what_runs_and_leads_to_the_decision(world, rita):
    deployment = world.asked()
    answer = rita.get("/board")
    assert "1.0.0" in cell(answer, "prod")
    assert "1.1.0 Needs approval" in cell(answer, "prod")
    assert f'href="/approvals/{deployment.approval_id}"' in answer.html


def test_what_is_being_deployed_leads_to_its_deployment(world, rita):
    deployment = world.running()
    answer = rita.get("/board")
    assert "1.1.0 Deploying" in cell(answer, "prod")
    assert f'href="/deployments/{deployment.pk}"' in answer.html


def test_what_succeeded_runs_there_and_nothing_is_open(world, rita):
    world.succeeded()
    shown = cell(rita.get("/board"), "prod")
    assert shown.startswith("1.1.0")
    assert "Deployed" not in shown  # the usual state needs no badge
    assert "1.0.0" not in shown


def test_a_rollback_that_failed_leaves_an_unknown_that_does_not_look_healthy(world, rita):
    deployment = world.running()
    world.move(deployment, State.ROLLING_BACK, State.ROLLBACK_FAILED)
    answer = rita.get("/board")
    shown = cell(answer, "prod")
    assert "Unknown since" in shown
    assert "the rollback failed" in shown
    assert "1.0.0" not in shown
    assert "1.1.0" not in shown
    assert 'data-state="unknown"' in answer.html


def test_doubt_is_shown_with_its_own_word(world, rita):
    world.move(world.running(), State.UNCERTAIN)
    assert "Uncertain, asking AWS" in cell(rita.get("/board"), "prod")
    deployment = Deployment.objects.get(state=State.UNCERTAIN)
    world.move(deployment, State.NEEDS_HUMAN)
    assert "Needs a person" in cell(rita.get("/board"), "prod")


def test_where_nothing_is_recorded_it_says_so(world, rita):
    Lane.objects.filter(environment="prod").update(version="", deployment=None, since=None)
    assert cell(rita.get("/board"), "prod") == "Nothing recorded"


def test_a_closed_place_and_a_freeze_are_marked_on_their_column(world, rita):
    window_elsewhen("prod")
    answer = rita.get("/board")
    assert re.search(r"Closed\s*</span></span><span class=\"tiny\">opens", answer.html)
    assert "in 5 h" in answer.text
    freeze_now("staging")
    assert "Frozen" in rita.get("/board").text


def test_a_freeze_of_one_application_is_marked_in_its_cells_alone(world, rita):
    freeze_now("", scope={"application": "payments", "environment": "prod"})
    answer = rita.get("/board")
    assert "frozen" in cell(answer, "prod")
    assert "frozen" not in cell(answer, "staging")
    assert "Frozen" not in re.search(r"<thead>.*?</thead>", answer.html, re.DOTALL).group(0)


def test_the_table_asks_again_and_is_answered_204_until_something_changes(world, rita):
    deployment = world.asked()
    page = rita.get("/board", environment="prod")
    asks = html.unescape(
        re.search(r'id="_board" hx-get="([^"]+)" hx-trigger="every 15s"', page.html).group(1)
    )
    assert asks.startswith("/board?environment=prod&v=")
    version = asks.rpartition("=")[2]
    quiet = rita.get("/board", htmx=True, environment="prod", v=version, status=204)
    assert (quiet.html, "HX-Request" in quiet.response["Vary"]) == ("", True)
    Deployment.objects.filter(pk=deployment.pk).update(state=State.WAITING, waiting_for="window")
    changed = rita.get("/board", htmx=True, environment="prod", v=version)
    assert changed.html.lstrip().startswith('<table class="board" id="_board"')
    assert "Waiting for window" in cell(changed, "prod")
    assert "<nav" not in changed.html


def test_the_past_does_not_ask_again(world, rita):
    assert "hx-trigger" not in rita.get("/board", at="2026-01-01T00:00").html.partition("<main")[2]


def test_filters_live_in_the_address(world, rita):
    assert "payments" in rita.get("/board", application="pay").text
    answer = rita.get("/board", application="nothing-like-it")
    assert "No application matches" in answer.text
    answer = rita.get("/board", environment="prod")
    assert "staging" not in re.search(r"<thead>.*?</thead>", answer.html, re.DOTALL).group(0)
    assert 'value="prod"' in answer.html
    assert "payments" in rita.get("/board", team="payments").text
    assert "No application matches" in rita.get("/board", team="web").text


def test_the_board_at_an_instant_is_what_had_ended_by_then(world, rita):
    deployment = world.succeeded()
    before, after = now() - timedelta(hours=2), now() + timedelta(minutes=1)
    Deployment.objects.filter(pk=deployment.pk).update(ended_at=before)
    Deployment.objects.filter(kind="baseline").update(ended_at=before - timedelta(days=1))
    answer = rita.get("/board", at=(before - timedelta(minutes=1)).isoformat())
    assert cell(answer, "prod").startswith("1.0.0")
    assert "You are looking at the past" in answer.text
    assert cell(rita.get("/board", at=after.isoformat()), "prod").startswith("1.1.0")
    assert cell(rita.get("/board", at="2020-01-01T00:00"), "prod") == "Nothing recorded"


def test_a_time_without_offset_is_in_the_zone_of_the_reader(world, rita):
    rita.client.cookies["zone"] = "Asia/Tokyo"
    answer = rita.get("/board", at="2026-01-01T09:00")
    assert "1 Jan, 09:00 JST" in answer.text
    assert "2026-01-01T00:00:00Z" in answer.html


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00", "0001-01-01T00:00+14:00x", "%"])
def test_a_time_that_cannot_be_read_is_said_and_the_present_is_shown(world, rita, text):
    answer = rita.get("/board", at=text)
    assert "This is not a date and time." in answer.text
    assert cell(answer, "prod").startswith("1.0.0")


def test_what_one_may_not_see_is_not_on_the_board(world, zoe):
    answer = zoe.get("/board")
    assert "payments" not in answer.text
    assert "Nothing is recorded yet" in answer.text


def test_hostile_filters_stay_text(world, rita):
    answer = rita.get("/board", application='"><script>alert(1)</script>', at="<b>")
    assert "<script>alert" not in answer.html
    assert "<b>" not in answer.html


APPLICATIONS, PLACES = 300, 8


@pytest.fixture
def company_of_300(world):
    """300 applications in 8 environments, each lane with what runs there, every fourth with an open request."""
    at = now()
    prod = Environment.objects.get(pk="prod")
    places = list(Environment.objects.order_by("rank"))
    places += Environment.objects.bulk_create(
        Environment(
            name=f"place-{n}",
            account=prod.account,
            region="eu-west-1",
            rank=500 + n,
            default_open=True,
            created_at=at,
        )
        for n in range(PLACES - len(places))
    )
    teams = Team.objects.bulk_create(Team(name=f"team-{n:02}", created_at=at) for n in range(30))
    owners = Application.objects.get().owners_group
    apps = Application.objects.bulk_create(
        Application(name=f"app-{n:03}", team=teams[n % 30], owners_group=owners, created_at=at)
        for n in range(APPLICATIONS - 1)
    )
    common = {
        "commit": "a" * 40,
        "branch": "main",
        "posted_by": "x:y",
        "digest": "sha256:0",
        "state": "verified",
    }
    builds = Build.objects.bulk_create(
        Build(application=a, version="2.0.0", created_at=at, **common) for a in apps
    )
    releases = Release.objects.bulk_create(
        Release(application=b.application, version="2.0.0", build=b, state="open", cut_at=at, cut_by="x:y")
        for b in builds
    )
    asked = {"requested_by_name": "dana", "requested_by_tag": "user:per_dana", "requested_at": at}
    rows = [
        Deployment(
            application=r.application,
            environment=p,
            release=r,
            version="2.0.0",
            state="succeeded",
            ended_at=at,
            **asked,
        )
        for r in releases
        for p in places
    ]
    rows = Deployment.objects.bulk_create(rows, batch_size=500)
    Lane.objects.bulk_create(
        (
            Lane(
                application=d.application, environment=d.environment, deployment=d, version="2.0.0", since=at
            )
            for d in rows
        ),
        batch_size=500,
    )
    waiting = [
        Deployment(
            application=d.application,
            environment=d.environment,
            release=d.release,
            version="2.0.0",
            state="waiting",
            waiting_for="window",
            **asked,
        )
        for d in rows[::4]
    ]
    Deployment.objects.bulk_create(waiting, batch_size=500)


def test_eight_queries_are_enough_for_300_applications_in_8_environments(company_of_300, rita):
    assert Lane.objects.count() == APPLICATIONS * PLACES - (PLACES - 3)
    answer = rita.get("/board")
    assert answer.queries <= 8
    assert answer.html.count('class="board-app"') == 50
    assert answer.text.count("Waiting for window") == 49 * PLACES // 4  # payments waits for nothing
    page = frame("rita")
    assert page.names is None
    with CaptureQueriesContext(connection) as counted:
        assert len(read_board(page, Filters()).rows) == 50
    assert len(counted) == 4  # the frame's, environments, applications, deployments
    past = rita.get("/board", at=(now() + timedelta(minutes=1)).isoformat())
    assert past.queries <= 8
    assert past.html.count('class="cell-version"') == 50 * PLACES - (PLACES - 3)  # payments is in three


def test_pages_hold_fifty_applications_grouped_by_team(company_of_300, rita):
    first, last = rita.get("/board"), rita.get("/board", page="6")
    assert 'href="/board?page=2"' in first.html
    assert 'rel="prev"' not in first.html
    assert 'rel="next"' not in last.html
    assert last.html.count('class="board-app"') == 50
    assert re.findall(r'scope="rowgroup"[^>]*>([^<]+)<', first.html)[:2] == ["payments", "team-00"]
    assert "No application matches" in rita.get("/board", page="7").text
    assert rita.get("/board", page="nonsense").html.count('class="board-app"') == 50
    assert 'href="/board?application=app&amp;page=2"' in rita.get("/board", application="app").html
