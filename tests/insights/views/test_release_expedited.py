"""The expedited way on the pages: what it skips and whom it asks is said before anybody presses anything."""

import pytest

from deployments.models import Deployment
from tests.insights.browser import Browser

PATH = "/releases/payments/1.2.0?to=prod"
REQUEST = "/deployments/request"
MEANS = (
    "It skips staging and asks for one key of release-managers and one key of payments-owners and one key of "
    "release-managers. It stays marked as expedited for ever"
)


@pytest.fixture
def hotfix(world):
    """1.2.0 has been in dev only, and the pipeline of payments lets a release skip staging."""
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    world.define_path(slots=[{"group": "release-managers", "count": 1}])
    return world


def test_without_a_path_nothing_is_offered(world, dana):
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    answer = dana.get(PATH)
    assert not answer.has_form(REQUEST)
    assert "xpedited" not in answer.text
    assert "xpedited" not in dana.get("/releases/payments/1.1.0").text


def test_where_only_that_way_is_open_it_says_why_and_what_it_means(hotfix, dana):
    answer = dana.get(PATH)
    text = answer.text
    assert "1.2.0 has not succeeded in staging, which comes before prod." in text
    assert "Only the expedited way is open" in text and MEANS in text
    fields = answer.form(REQUEST)
    assert fields["expedited"] == "true"
    response = dana.post(REQUEST, **{**fields, "reason": "INC-7.", "typed_version": "1.2.0"})
    row = Deployment.objects.get(kind="deploy")
    assert (response["Location"], row.skipped_stages) == (f"/deployments/{row.pk}", ["staging"])
    text = dana.get(f"/deployments/{row.pk}").text
    assert "expedited, asked by" in text and "Expedited skips staging" in text


def test_where_both_ways_are_open_it_is_a_choice_that_nobody_makes_by_accident(hotfix, dana):
    answer = dana.get("/releases/payments/1.1.0?to=prod")
    assert "Expedited, skipping staging" in answer.text and MEANS in answer.text
    assert 'name="expedited" value="true" aria-describedby="expedited_means">' in answer.html
    fields = answer.form(REQUEST)
    unticked = {name: value for name, value in fields.items() if name != "expedited"}
    dana.post(REQUEST, **{**unticked, "typed_version": "1.1.0"})
    assert Deployment.objects.get(kind="deploy").expedited is False


def test_the_choice_is_kept_when_something_else_is_refused(hotfix, dana):
    page = "/releases/payments/1.1.0?to=prod"
    fields = {**dana.get(page).form(REQUEST), "not_before": "2020-01-01T00:00"}
    dana.post(REQUEST, **fields)
    assert Deployment.objects.filter(kind="deploy").count() == 0
    answer = dana.get(page)
    assert 'aria-describedby="expedited_means" checked>' in answer.html
    assert "This instant is over." in answer.text


def test_what_no_way_gets_past_has_no_form(hotfix, dana):
    hotfix.release("1.3.0")
    answer = dana.get("/releases/payments/1.3.0?to=prod")
    assert not answer.has_form(REQUEST)
    assert "xpedited" not in answer.text


def test_one_who_may_not_ask_is_offered_nothing(hotfix, omar):
    answer = omar.get(PATH)
    assert not answer.has_form(REQUEST) and "Only the expedited way" not in answer.text


def test_approvers_see_it_first_and_it_stays_on_the_board(hotfix, rita):
    row = hotfix.asked("1.2.0", expedited=True)
    answer = rita.get(f"/approvals/{row.approval_id}")
    assert "This is expedited: staging is skipped" in answer.text
    assert "Expedited: staging is skipped; 1.2.0 has succeeded in dev." in answer.text
    assert answer.queries <= 15 + answer_frame(rita)
    assert "Expedited" in rita.get("/inbox").text
    assert "expedited" in rita.get("/board").text
    for name in ("rita", "omar", "rosa"):
        hotfix.vote(row, name)
    row = hotfix.start(row)
    hotfix.move(row, "verifying", "succeeded")
    assert "expedited" in rita.get("/board").text
    text = rita.get(f"/deployments/{row.pk}").text
    assert "Expedited: staging is skipped; 1.2.0 has succeeded in dev." in text


def answer_frame(reader: Browser) -> int:
    """What every page costs before it shows anything of its own."""
    return reader.get("/changes").queries
