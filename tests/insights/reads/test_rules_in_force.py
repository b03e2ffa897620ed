"""What a deployment was started under stays readable as it was, whatever became of it since (F12)."""

import pytest

from deployments.models import Deployment
from insights.reads.rules_in_force import NOT_RECORDED, rules_in_force
from pipelines.actions.archive_window import archive_window
from pipelines.actions.create_window import create_window
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.standing import company, world
from tests.deployments.world import SYSTEM
from tests.teams.callers import as_person

__all__ = ["company", "world"]
pytestmark = pytest.mark.django_db


def person(name: str) -> Person:
    return Person.objects.get(username=name)


def said(row) -> dict[str, str]:
    return {rule.name: rule.value for rule in rules_in_force(row)}


def always_open():
    day = {"timezone": "UTC", "rrule": "FREQ=DAILY", "start": "2026-01-01T00:00:00", "duration": 86_400}
    return create_window(actor=SYSTEM, name="Always", scope={"environment": "prod"}, **day)


def test_gate_pipeline_windows_and_who_was_in_the_groups_are_named_by_version(world):
    window = always_open()
    row = world.running()
    assert said(row) == {
        "Gate": "version 1 of prod: one key of release-managers and one key of payments-owners",
        "release-managers then": "rita, rosa",
        "payments-owners then": "olga, omar, rosa",
        "Roles of the voters then": "rita: release manager",
        "Pipeline": "version 1",
        "Window": "Always, version 1",
        "Freeze": "none",
    }
    links = {rule.name: rule.history for rule in rules_in_force(row) if rule.history}
    assert links["Window"] == f"/audit?subject=window%3A{window.pk}"
    assert links["Gate"] == "/audit?subject=environment%3Aprod"


def test_it_stays_when_all_of_it_has_changed_since(world):
    window = always_open()
    row = world.running()
    before = said(row)
    world.change_gate("prod", slots=[{"group": "release-managers", "count": 1}])
    set_group_members(actor=SYSTEM, name="payments-owners", members=["zoe"])
    archive_window(actor=SYSTEM, window_id=window.pk, reason="Not needed")
    assert said(world.fresh(row)) == before
    answer = as_person("aude").get(f"/deployments/{row.pk}").json()["in_force"]
    assert answer["members"]["payments-owners"] == ["olga", "omar", "rosa"]
    assert (answer["gate"]["version"], len(answer["gate"]["slots"])) == (1, 2)
    assert answer["roles"] == {"rita": ["release_manager"], "omar": []}
    assert [one["name"] for one in answer["windows"]] == ["Always"]


def test_what_is_archived_still_opens(world, client):
    window = always_open()
    row = world.running()
    archive_window(actor=SYSTEM, window_id=window.pk, reason="Not needed")
    found = as_person("aude").get(f"/audit/events?subject=window:{window.pk}").json()["items"]
    assert [one["data"]["change"] for one in found] == ["archived", "created"]
    (link,) = [rule.history for rule in rules_in_force(world.fresh(row)) if rule.name == "Window"]
    client.force_login(person("aude"))
    page = client.get(link)
    assert page.status_code == 200
    assert page.content.decode().count(f"window:{window.pk}") >= 2


def test_before_a_start_nothing_was_in_force(world):
    row = world.asked()
    assert rules_in_force(row) == []
    assert as_person("aude").get(f"/deployments/{row.pk}").json()["in_force"] is None


def test_where_nobody_is_asked_it_says_so(world):
    row = world.start(world.asked("1.1.0", "dev"))
    assert said(row)["Gate"] == "nobody was asked"
    assert "Roles of the voters then" not in said(row)


def test_a_record_from_before_it_was_kept_says_that_it_was_not_recorded(world):
    row = world.running()
    record = {name: row.start_record[name] for name in ("calendar", "keys")}
    Deployment.objects.filter(pk=row.pk).update(start_record=record)
    assert said(world.fresh(row))["Gate"] == NOT_RECORDED
    assert as_person("aude").get(f"/deployments/{row.pk}").json()["in_force"]["gate"] is None


def test_the_page_shows_it_with_links_into_the_log(world, client):
    row = world.running()
    client.force_login(person("rita"))
    page = client.get(f"/deployments/{row.pk}").content.decode()
    assert "Rules in force at the start" in page
    assert "olga, omar, rosa" in page
    assert 'href="/audit?subject=group%3Apayments-owners"' in page
