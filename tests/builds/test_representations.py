from datetime import UTC, datetime, timedelta, timezone

from builds.models import Build, Evidence
from builds.representations import evidence_representation, page_address


def test_the_page_of_a_build_is_named_by_its_version(settings):
    settings.PUBLIC_URL = "https://desk.example"
    build = Build(application_id="payments", version="1.0.0+build_7")
    assert page_address(build) == "https://desk.example/releases/payments/1.0.0%2Bbuild_7"


def test_evidence_is_shown_without_empty_members_that_look_like_values():
    at = datetime(2026, 11, 20, 12, tzinfo=timezone(timedelta(hours=2)))
    evidence = Evidence(
        id="evd_x",
        kind="sbom",
        name="bom",
        subject="build:bld_x",
        state="parsed",
        verdict="none",
        digest="sha256:0",
        size=3,
        created_at=at,
    )
    assert evidence_representation(evidence) == {
        "id": "evd_x",
        "kind": "sbom",
        "name": "bom",
        "subject": "build:bld_x",
        "dialect": None,
        "state": "parsed",
        "verdict": "none",
        "summary": {},
        "problems": [],
        "digest": "sha256:0",
        "size": 3,
        "created_at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
