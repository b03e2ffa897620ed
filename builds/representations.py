"""Builds and evidence as the API shows them."""

from urllib.parse import quote

from django.conf import settings

from builds import rules
from builds.models import Artifact, Build, Evidence
from kernel.verdicts import wire_time


def build_representation(build: Build, *, release: str | None, created: bool | None = None) -> dict:
    """The body of `GET /builds/{id}`; of `POST /builds` too, where `created` is given.

    `release`: the id of the release cut from it, or None.
    """
    body = {
        "id": build.pk,
        "application": build.application_id,
        "version": build.version,
        "commit": build.commit,
        "branch": build.branch,
        "repository": build.repository,
        "run": build.run or None,
        "submitter": build.submitter or None,
        "built_at": wire_time(build.built_at),
        "commits": build.commits,
        "state": build.state,
        "digest": build.digest,
        "artifacts": [artifact_representation(artifact) for artifact in in_order(build.artifacts.all())],
        "warnings": warnings_of(build),
        "release": release,
        "received_at": wire_time(build.created_at),
        "withdrawn_at": wire_time(build.withdrawn_at),
        "withdrawn_reason": build.withdrawn_reason or None,
        "links": {"html": page_address(build)},
    }
    return body if created is None else {**body, "created": created}


def warnings_of(build: Build) -> list[dict]:
    """[{code, detail}]: what is allowed to be missing, and what its absence costs."""
    kinds = [{"kind": artifact.kind} for artifact in build.artifacts.all()]
    return rules.warnings({"commits": build.commits, "submitter": build.submitter, "artifacts": kinds})


def in_order(artifacts) -> list[Artifact]:
    """By id, which is the order they were posted in. Sorted here, so that a prefetch is used."""
    return sorted(artifacts, key=lambda artifact: artifact.pk)


def artifact_representation(artifact: Artifact) -> dict:
    """One artifact with its state: pending, verified, missing, mismatch or unreadable."""
    return {
        "name": artifact.name,
        "kind": artifact.kind,
        "uri": artifact.uri,
        "version_id": artifact.version_id or None,
        "digest": artifact.digest,
        "size": artifact.size,
        "state": artifact.state,
        "detail": artifact.detail or None,
        "checked_at": wire_time(artifact.checked_at),
    }


def page_address(build: Build) -> str:
    """The page that shows this build and its release."""
    return f"{settings.PUBLIC_URL}/releases/{quote(build.application_id)}/{quote(build.version, safe='')}"


def evidence_representation(evidence: Evidence) -> dict:
    """The 201 body of `POST /builds/{id}/evidence`."""
    return {
        "id": evidence.pk,
        "kind": evidence.kind,
        "name": evidence.name,
        "subject": evidence.subject,
        "dialect": evidence.dialect or None,
        "state": evidence.state,
        "verdict": evidence.verdict,
        "summary": evidence.summary,
        "problems": evidence.problems,
        "digest": evidence.digest,
        "size": evidence.size,
        "created_at": wire_time(evidence.created_at),
    }
