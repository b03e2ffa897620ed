"""Versions of a pipeline stay as they were, and what one says otherwise than another can be asked for."""

import pytest

from pipelines.models import Environment, PipelineVersion
from tests import people
from tests.pipelines import places
from tests.teams.callers import Caller, as_administrator, as_application, as_person, problem

pytestmark = pytest.mark.django_db
DIFF = "/pipelines/payments/diff"


@pytest.fixture
def versions():
    """1: dev, staging, prod. 2: dev and prod. 3: as 2, with a soak before prod."""
    for name in ("dev", "staging", "prod"):
        places.environment(name)
    people.application("payments")
    admin = as_administrator()
    sources = [places.source(), places.source(environments=("dev", "prod"))]
    sources.append(sources[1] + "    soak: 3600\n")
    for number, source in enumerate(sources):
        saved = admin.put("/pipelines/payments", {"source": source, "version": number})
        assert (saved.status_code, saved.json()["version"]) == (200, number + 1)
    return sources


def test_without_numbers_it_is_what_the_last_save_changed(versions):
    body = as_person("dana").get(DIFF).json()
    assert (body["application"], body["from"], body["to"]) == ("payments", 2, 3)
    assert body["diff"] == [{"pointer": "/stages/1/soak", "before": 0, "after": 3600}]
    assert [line for line in body["lines"] if line[0] in "+-"] == ["+    soak: 3600"]


def test_any_two_can_be_compared_in_either_direction(versions):
    caller = as_application("payments")
    forward = caller.get(f"{DIFF}?from=1&to=2").json()
    back = caller.get(f"{DIFF}?from=2&to=1").json()
    assert (forward["from"], forward["to"], back["from"], back["to"]) == (1, 2, 2, 1)
    named = {"pointer": "/stages/1/environment", "before": "staging", "after": "prod"}
    assert named in forward["diff"]
    assert {"pointer": "/stages/2/environment", "before": "prod", "after": None} in forward["diff"]
    assert [(one["before"], one["after"]) for one in forward["diff"]] == [
        (one["after"], one["before"]) for one in back["diff"]
    ]
    assert "-  - environment: staging" in forward["lines"]
    assert "+  - environment: staging" in back["lines"]


def test_a_version_is_no_different_from_itself(versions):
    body = as_person("dana").get(f"{DIFF}?from=2&to=2").json()
    assert (body["diff"], body["lines"]) == ([], [])


def test_all_of_the_first_one_is_new(versions):
    body = as_person("dana").get(f"{DIFF}?to=1").json()
    assert (body["from"], body["to"]) == (None, 1)
    assert {one["before"] for one in body["diff"]} == {None}
    assert body["lines"][1:] == [f"+{line}" for line in versions[0].splitlines()]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("to=4", (404, "not_found", [])),
        ("from=9", (404, "not_found", [])),
        ("to=0", (404, "not_found", [])),
        ("from=one", (422, "version_invalid", ["?from"])),
        ("to=-1", (422, "version_invalid", ["?to"])),
        ("colour=red", (422, "unknown_parameter", ["?colour"])),
    ],
)
def test_a_version_that_never_was_is_not_found_and_what_is_no_number_is_refused(versions, query, answer):
    assert problem(as_person("dana").get(f"{DIFF}?{query}")) == answer


def test_it_is_for_whoever_sees_the_pipeline(versions):
    people.application("storefront")
    assert problem(as_application("storefront").get(DIFF))[:2] == (404, "not_found")
    assert problem(as_person("dana").get("/pipelines/storefront/diff"))[:2] == (404, "not_found")
    assert problem(Caller().get(DIFF))[:2] == (401, "not_authenticated")


def test_a_saved_version_is_never_written_again(versions):
    before = list(PipelineVersion.objects.order_by("number").values())
    as_administrator().put("/pipelines/payments", {"source": places.source(), "version": 3})
    assert list(PipelineVersion.objects.order_by("number").values())[:3] == before
    assert as_person("dana").get("/pipelines/payments?version=1").json()["source"] == versions[0]


def test_a_stage_in_an_archived_environment_or_one_that_goes_back_is_refused(versions):
    Environment.objects.filter(pk="staging").update(archived_at=people.EPOCH)
    admin = as_administrator()
    archived = admin.put("/pipelines/payments", {"source": places.source(), "version": 3})
    assert problem(archived) == (422, "unknown_environment", ["/stages/1/environment"])
    back = places.source(environments=("prod", "dev"))
    circle = admin.put("/pipelines/payments", {"source": back, "version": 3})
    assert problem(circle) == (422, "stage_cycle", ["/stages/1/environment"])
    assert "dev → prod → dev" in circle.json()["errors"][0]["detail"]
    assert PipelineVersion.objects.count() == 3
