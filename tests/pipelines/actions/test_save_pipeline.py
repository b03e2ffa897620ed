"""Pipelines as code, every save an immutable version."""

import hashlib

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import PipelineVersion
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rows():
    people.application("payments")
    people.person("omar", groups=["payments-owners"])
    for name in ("dev", "staging", "prod"):
        places.environment(name)


def _save(source=None, *, version=None, application="payments", actor=None) -> PipelineVersion:
    source = places.source() if source is None else source
    return save_pipeline(
        actor=actor or people.administrator(), application=application, source=source, version=version
    )


def test_the_first_save_is_version_one_and_keeps_the_source_as_it_was():
    source = "# ours\n" + places.source(slots={"prod": [("@owners", 1)]})
    saved = _save(source)
    row = PipelineVersion.objects.get()
    assert (row.pk, row.number, row.source, row.edited_by) == (saved.pk, 1, source, "user:per_admin")
    assert [stage["environment"] for stage in row.spec["stages"]] == ["dev", "staging", "prod"]
    assert row.spec["stages"][2]["slots"] == [{"group": "@owners", "count": 1}]
    assert row.spec["stages"][0] == {
        "environment": "dev",
        "target": {"kind": "cloudformation-stack", "stack": "payments-dev", "template": "template"},
        "tests": "required",
        "soak": 0,
        "bake": 0,
        "slots": [],
    }


def test_the_event_names_the_versions_and_the_digest_of_the_source():
    _save()
    event = only_event("config.changed")
    assert (event["subject"], event["application"]) == ("pipeline:payments", "payments")
    assert event["data"] == {
        "before": None,
        "after": {
            "version": 1,
            "source": "sha256:" + hashlib.sha256(places.source().encode()).hexdigest(),
            "stages": ["dev", "staging", "prod"],
        },
    }


def test_the_next_save_is_the_next_version_and_the_old_one_stays():
    _save()
    _save(places.source(environments=("dev",)), version=1)
    first, second = PipelineVersion.objects.order_by("number")
    assert (first.number, len(first.spec["stages"])) == (1, 3)
    assert (second.number, len(second.spec["stages"])) == (2, 1)
    assert events("config.changed")[1]["data"]["before"]["version"] == 1


def test_the_source_that_is_in_force_makes_no_new_version():
    _save()
    assert _save(version=1).number == 1
    assert PipelineVersion.objects.count() == 1
    assert len(events("config.changed")) == 1


@pytest.mark.parametrize("version", [None, 0, 2, 7])
def test_a_stale_save_is_a_conflict(version):
    _save()
    with pytest.raises(Conflict) as refusal:
        _save(places.source(environments=("dev",)), version=version)
    assert (refusal.value.code, refusal.value.extra["version"]) == ("version_conflict", 1)
    assert PipelineVersion.objects.count() == 1


def test_a_first_save_from_a_version_that_never_was_is_a_conflict():
    with pytest.raises(Conflict):
        _save(version=3)
    assert not PipelineVersion.objects.exists()


def test_what_is_wrong_is_named_with_pointer_line_and_column():
    with pytest.raises(Invalid) as refusal:
        _save(places.source().replace("environment: staging", "environment: nowhere"))
    (error,) = refusal.value.errors
    assert (error["code"], error["pointer"]) == ("unknown_environment", "/stages/1/environment")
    assert (error["line"], error["column"]) == (5, 18)
    assert not PipelineVersion.objects.exists()
    assert events() == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", None),
        ("application: payments", "required"),
        ("application: [", None),
        (places.source("storefront"), "application_mismatch"),
        (places.source().replace("cloudformation-stack", "teleport"), "unknown_kind"),
        (places.source().replace("template: template", "template: template, role: x"), "unknown_field"),
        (places.source(environments=("dev", "dev")), "duplicate_environment"),
        (places.source(environments=("dev", "prod", "staging")), "stage_cycle"),
        (places.source(slots={"dev": [("nobody", 1)]}), "group_unknown"),
        (places.source(slots={"dev": [("@owners", 2)]}), "gate_unsatisfiable"),
        (places.source(slots={"dev": [("@owners", 0)]}), "value_invalid"),
        (
            places.source().replace(
                "template: template}", "template: template, parameters: {Password: hunter2222}}"
            ),
            "secret_in_parameters",
        ),
    ],
)
def test_a_wrong_pipeline_is_refused_and_changes_nothing(source, code):
    with pytest.raises(Invalid) as refusal:
        _save(source)
    assert refusal.value.errors
    if code is not None:
        assert refusal.value.code == code
    assert "hunter" not in str(refusal.value.errors)
    assert not PipelineVersion.objects.exists()
    assert events() == []


def test_an_application_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        _save(places.source("nowhere"), application="nowhere")


@pytest.mark.parametrize(
    "caller",
    [people.release_manager(), people.auditor(), people.actor("dana", teams=["payments"]), people.ci()],
)
def test_only_administrators_save_pipelines(caller):
    with pytest.raises(Forbidden) as refusal:
        _save(actor=caller)
    assert refusal.value.extra["missing_permission"] == "pipeline.manage"
    assert not PipelineVersion.objects.exists()
