"""What was archived or saved anew since: history, exports and pages still tell what was."""

import pytest

from pipelines.actions.archive_environment import archive_environment
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import PipelineVersion
from teams.models import Application
from tests.deployments.world import SYSTEM, pipeline_source
from tests.insights.browser import Browser
from tests.teams.callers import as_person, problem

pytestmark = pytest.mark.django_db


def without_prod() -> str:
    return pipeline_source("payments", {"dev": {}, "staging": {}})


def export(kind: str) -> str:
    answer = as_person("aude").get(f"/audit/deployments.{kind}?environment=prod")
    return b"".join(answer.streaming_content).decode()


def test_history_and_pages_keep_what_was_archived(world):
    row = world.succeeded()
    save_pipeline(actor=SYSTEM, application="payments", source=without_prod(), version=1)
    archive_environment(actor=SYSTEM, name="prod", reason="Moved to another region.")
    assert problem(as_person("dana").get("/environments/prod"))[:2] == (404, "not_found")
    body = as_person("dana").get(f"/deployments/{row.pk}").json()
    assert (body["environment"], body["state"]) == ("prod", "succeeded")
    listed = as_person("dana").get("/deployments?environment=prod").json()["items"]
    assert row.pk in [item["id"] for item in listed]
    for kind in ("csv", "jsonl"):
        assert row.pk in export(kind)
    page = Browser("dana").get(f"/deployments/{row.pk}")
    assert "Deployed, and the tests passed." in page.text
    assert "prod" in page.text


def test_a_deployment_keeps_the_pipeline_it_started_with(world):
    row = world.running()
    pinned = row.pipeline_version
    assert pinned.number == 1
    newer = pipeline_source("payments", {"dev": {}, "staging": {}, "prod": {"soak": 3600}})
    save_pipeline(actor=SYSTEM, application="payments", source=newer, version=1)
    assert world.fresh(row).pipeline_version_id == pinned.pk
    assert world.settle(world.asked("1.0.0", "staging")).pipeline_version.number == 2
    stored = PipelineVersion.objects.get(pk=pinned.pk)
    assert (stored.number, stored.source) == (1, pinned.source)


def test_an_empty_board_says_what_to_do_next(world):
    answer = Browser("zoe").get("/board")
    assert Application.objects.count() == 1
    assert "Nothing is recorded yet" in answer.text
    assert "Hand over a build from CI, or record as a baseline what already runs." in answer.text
    assert "How to hand over a build" in answer.text
    assert "/api/docs" in answer.links()
    assert "payments" not in answer.text
