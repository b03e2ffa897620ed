"""The inbox of configuration changes: the list, one change, and a second person's word without JavaScript."""

import pytest

from pipelines.actions.propose import propose
from pipelines.models import ConfigChange, Environment
from tests import people
from tests.deployments.world import pipeline_source
from tests.insights.browser import Browser

ONE_KEY = {"slots": [{"group": "release-managers", "count": 1}]}


@pytest.fixture
def admin(world) -> Browser:
    people.person("iris", roles=["administrator"])
    return Browser("admin")


@pytest.fixture
def iris(admin) -> Browser:
    return Browser("iris")


def _propose(world, kind="environment.update", **request) -> ConfigChange:
    if not request:
        version = Environment.objects.get(pk="prod").version
        request = {"name": "prod", "version": version, "changes": {"gate": ONE_KEY, "lane": "queue"}}
    return propose(actor=world.actor("admin"), kind=kind, **request).change


def _send(browser: Browser, path: str, **fields):
    """The page that whoever posts the form is sent to."""
    response = browser.post(path, **fields)
    assert response.status_code == 303, response.content[:400]
    return browser.get(response["Location"])


def test_the_list_says_whose_word_is_needed(world, admin, iris):
    _propose(world)
    other, own = iris.get("/changes"), admin.get("/changes")
    assert "Change environment prod" in other.text
    assert "gate, slot 2, group" in other.text
    assert "Review Change environment prod" in other.text
    assert "Needs someone else" in own.text
    assert "you proposed" in own.text
    assert other.queries <= 8


def test_administrators_see_the_count_in_the_navigation_and_others_nothing(world, admin, iris, rita):
    _propose(world)
    assert "Changes 1 waiting for you" in iris.get("/releases").text
    assert "waiting for you" not in admin.get("/releases").text
    assert 'href="/changes"' in admin.get("/releases").html
    assert 'href="/changes"' not in rita.get("/releases").html


def test_nothing_waiting_is_said_in_words(iris):
    assert "No change waits for you" in iris.get("/changes").text


def test_a_change_shows_what_exactly_by_whom_and_what_it_would_have_changed(world, iris):
    world.succeeded("1.1.0", "staging")
    started = world.running()
    change = _propose(world)
    answer = iris.get(f"/changes/{change.pk}")
    assert "gate, slot 2, group @owners –" in answer.text
    assert "lane supersede queue" in answer.text
    assert "Needs a second person" in answer.text
    assert f"/deployments/{started.pk}" in answer.links()
    assert "one key of release-managers and one key of payments-owners" in answer.text
    assert answer.queries <= 24


def test_a_pipeline_is_shown_line_by_line(world, iris):
    source = pipeline_source("payments", {"dev": {}, "staging": {}, "prod": {"soak": 3600}})
    change = _propose(world, "pipeline.save", application="payments", source=source, version=1)
    text = iris.get(f"/changes/{change.pk}").text
    assert "stage 3, soak 0 3600" in text
    assert "+ soak: 3600" in text.replace("  ", " ")


def test_a_second_administrator_confirms_with_a_form(world, iris):
    change = _propose(world)
    page = iris.get(f"/changes/{change.pk}")
    fields = page.form(f"/changes/{change.pk}/confirm")
    done = _send(iris, f"/changes/{change.pk}/confirm", **{**fields, "reason": "Agreed"})
    assert "Confirmed. It is in force." in done.text
    assert "Confirmed by" in done.text
    assert Environment.objects.get(pk="prod").lane == "queue"
    assert not done.has_form(f"/changes/{change.pk}/confirm")


def test_a_rejection_takes_a_reason_and_what_was_typed_is_kept(world, iris):
    change = _propose(world)
    path = f"/changes/{change.pk}/reject"
    fields = iris.get(f"/changes/{change.pk}").form(path)
    refused = _send(iris, path, **{**fields, "reason": " "})
    assert "Say why" in refused.text
    done = _send(iris, path, **{**fields, "reason": "Two keys stay."})
    assert "Rejected. Nothing was changed." in done.text
    assert "Two keys stay." in done.text
    assert Environment.objects.get(pk="prod").lane == "supersede"


def test_ones_own_change_offers_no_confirmation_and_can_be_taken_back(world, admin):
    change = _propose(world)
    page = admin.get(f"/changes/{change.pk}")
    assert "another administrator must confirm it" in page.text
    assert not page.has_form(f"/changes/{change.pk}/confirm")
    fields = page.form(f"/changes/{change.pk}/reject")
    forged = admin.post(f"/changes/{change.pk}/confirm")
    assert forged.status_code == 403
    assert "Another administrator must confirm this" in forged.content.decode()
    done = _send(admin, f"/changes/{change.pk}/reject", **{**fields, "reason": "On second thoughts"})
    assert "Taken back" in done.text


def test_who_may_not_confirm_reads_why_and_who_may_not_see_it_finds_nothing(world, admin, rita, dana):
    change = _propose(world)
    page = rita.get(f"/changes/{change.pk}")
    assert "An administrator must confirm it." in page.text
    assert not page.has_form(f"/changes/{change.pk}/confirm")
    assert dana.get(f"/changes/{change.pk}", status=404).status == 404
    assert "Change environment prod" not in dana.get("/changes").text
