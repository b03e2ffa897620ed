"""The team's contract of tests as a caller meets it: what lies in the bundle decides before anybody is asked."""

import pytest

from approvals.models import ApprovalRequest
from builds.actions.verify_artifacts import verify_artifacts
from builds.models import Build
from deployments.models import Deployment
from tests.builds.bundles import SPEC, zipped
from tests.builds.conftest import bucket, control, evidence_dir, sessions
from tests.builds.posts import artifact
from tests.teams.callers import as_application, as_person, problem
from tests.teams.events import only_event

__all__ = ["bucket", "control", "evidence_dir", "sessions"]
pytestmark = pytest.mark.django_db
WANTED = {"application": "payments", "version": "1.2.0", "environment": "dev"}
FILE = "releasegate/tests.yaml"


@pytest.fixture
def handed_over(world, bucket, sessions):
    """`handed_over(files)`: 1.2.0 with a test-bundle of these files, read by a worker; None: with no bundle."""

    def make(files: dict[str, bytes] | None) -> Build:
        rows = [artifact("template", **bucket.put("template", b"{}"))]
        if files is not None:
            rows.append(artifact("tests", "test-bundle", **bucket.put("bundle", zipped(files))))
        build = world.release("1.2.0", verified=False, artifacts=rows).build
        verify_artifacts(build_id=build.pk, sessions=sessions)
        assert Build.objects.get(pk=build.pk).state == "verified"
        return build

    return make


def refused_for(caller, wanted=WANTED) -> str:
    """The words of the one reason for which the request is refused; nothing is made and nobody asked."""
    before = Deployment.objects.count()
    asked = caller.get("/decision", data=wanted).json()
    assert asked["verdict"] == "deny"
    answer = caller.post("/deployments", wanted)
    assert problem(answer)[:2] == (409, "denied")
    (reason,) = answer.json()["reasons"]
    assert reason["code"] == "test_spec_missing"
    assert [one["text"] for one in asked["reasons"]] == [reason["text"]]
    assert "Hand over a test-bundle" in reason["how_to_clear"]
    assert (Deployment.objects.count(), ApprovalRequest.objects.count()) == (before, 0)
    assert only_event("deployment.denied")["data"]["codes"] == ["test_spec_missing"]
    return reason["text"]


def test_a_good_contract_may_go(handed_over):
    build = handed_over({FILE: SPEC, "buildspec.yml": b"version: 0.2"})
    assert [suite["name"] for suite in Build.objects.get(pk=build.pk).test_spec["suites"]] == ["smoke"]
    assert as_person("dana").get("/decision", data=WANTED).json()["verdict"] == "allow"
    assert as_person("dana").post("/deployments", WANTED).status_code == 202


def test_an_unknown_key_is_named_with_its_line_and_refuses_before_anybody_is_asked(handed_over):
    handed_over({FILE: SPEC + b"    colour: red\n", "buildspec.yml": b"version: 0.2"})
    said = refused_for(as_application())
    where = "releasegate/tests.yaml cannot be used: line 5, /suites/0/colour: Unknown key; known here are "
    assert said.startswith(f"dev requires tests, and {where}")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (None, "the build has no test-bundle"),
        ({"notes.txt": b"no tests here"}, "cannot be used"),
        ({FILE: SPEC + b"    environments: [prod]\n", "buildspec.yml": b""}, "names no suite for it"),
        ({FILE: b"suites: []\n"}, "cannot be used: line 1"),
    ],
    ids=["no bundle", "no contract in it", "no suite for the place", "no suite at all"],
)
def test_without_a_contract_for_the_place_it_is_refused_before_anybody_is_asked(handed_over, files, words):
    handed_over(files)
    assert words in refused_for(as_person("dana"))
