"""Read every artifact from where it lies and confirm its digest.

S3 is read outside any transaction; each finding is then one conditional update, so two workers that read the
same artifact record it once.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, transaction

from audit.actions.append import append
from aws.artifacts import (
    ArtifactError,
    ArtifactMissing,
    ArtifactTooLarge,
    hash_object,
    parse_s3_uri,
    read_object,
)
from aws.session import AwsSession, Sessions
from builds.evidence_store import keep
from builds.models import Artifact, Build
from builds.queries import due
from builds.rules import MOST_BYTES, build_state
from builds.states import ArtifactState, BuildState
from builds.testspec import spec_facts
from kernel.actor import Actor
from kernel.bell import ring
from kernel.clock import now

log = logging.getLogger(__name__)

ACTOR = Actor.system("artifact-verifier")
BUNDLE, TEMPLATE = "test-bundle", "cloudformation-template"
READ = {BUNDLE: 50 * 1024**2, TEMPLATE: 1024**2}  # kinds whose bytes are looked into, with the most of them
FIRST_WAIT = 5  # seconds; doubled after each failed attempt
LONGEST_WAIT = 900
PATIENCE = 4  # failed attempts before "we will try again" becomes `unreadable`
ATTEMPTS = 200  # about two days at the longest wait; then only a new version helps


@dataclass(frozen=True)
class Finding:
    """What one reading found: the artifact's next state, why, and for a test-bundle the spec in it."""

    state: ArtifactState
    detail: str = ""
    digest: str | None = None
    size: int | None = None
    test_spec: dict | None = None
    final: bool = True  # False: worth another attempt


def verify_artifacts(*, build_id: str, sessions: Sessions) -> list[str]:
    """Check the build's due artifacts; answers the names of those whose state was written.

    Records `artifact.verified`, `artifact.mismatch`, `artifact.missing`, `artifact.unreadable`. All verified:
    the build is `verified`; any mismatch: `quarantined`, for good. Denied or failed reads are tried again
    with back-off and become `unreadable` after four; they never count as verified. An error of ours counts
    as a failed read too, and keeps no other artifact waiting. An unknown id does nothing.
    """
    waiting = Artifact.objects.filter(due(now()), build=build_id, build__withdrawn_at__isnull=True)
    return [artifact.name for artifact in list(waiting.order_by("pk")) if _verify(artifact, sessions)]


def _verify(artifact: Artifact, sessions: Sessions) -> bool:
    try:
        return record(artifact, examine(sessions.tools(), artifact))
    except OperationalError:
        raise  # the database is away: nothing is learnt about the artifact
    except Exception as error:
        log.exception("the artifact %s of %s could not be looked at", artifact.name, artifact.build_id)
        detail = f"Looking at it failed with an error of ours ({type(error).__name__})."
        return record(artifact, _failed(artifact, detail))


def examine(session: AwsSession, artifact: Artifact) -> Finding:
    """Read one artifact and compare. No database."""
    try:
        return _compare(session, artifact)
    except ArtifactMissing as error:
        return Finding(ArtifactState.MISSING, str(error), final=False)
    except ArtifactTooLarge as error:
        return Finding(ArtifactState.UNREADABLE, str(error))
    except ArtifactError as error:
        return _failed(artifact, str(error))


def _failed(artifact: Artifact, detail: str) -> Finding:
    """One more failed attempt: to be tried again, and `unreadable` when it was not the first few."""
    patient = artifact.attempts + 1 < PATIENCE and artifact.state == ArtifactState.PENDING
    state = ArtifactState.PENDING if patient else ArtifactState.UNREADABLE
    return Finding(state, detail, final=False)


def _compare(session: AwsSession, artifact: Artifact) -> Finding:
    bucket, key, _ = parse_s3_uri(artifact.uri)
    content = _content(session, artifact)
    if content is not None:
        digest, size = f"sha256:{hashlib.sha256(content).hexdigest()}", len(content)
    else:
        digest, size = hash_object(session, bucket, key, artifact.version_id, limit_bytes=MOST_BYTES)
    if digest != artifact.digest:
        detail = f"The object has the digest {digest}; the build says {artifact.digest}."
        return Finding(ArtifactState.MISMATCH, detail, digest, size)
    if artifact.kind == TEMPLATE and content is not None:
        _keep(content, artifact)
    spec = spec_facts(content) if artifact.kind == BUNDLE else None
    return Finding(ArtifactState.VERIFIED, _other_size(artifact, size), digest, size, spec)


def _other_size(artifact: Artifact, size: int) -> str:
    """The digest says which bytes are meant; a size that was posted wrong is corrected, and said."""
    if artifact.size in (None, size):
        return ""
    return f"It has {size} bytes; the build says {artifact.size}."


def _content(session: AwsSession, artifact: Artifact) -> bytes | None:
    """The bytes of what is read and not only hashed; None for all else."""
    bucket, key, _ = parse_s3_uri(artifact.uri)
    limit = READ.get(artifact.kind)
    if limit is None:
        return None
    try:
        return read_object(session, bucket, key, artifact.version_id, limit_bytes=limit)
    except ArtifactTooLarge:
        if artifact.kind == BUNDLE:
            raise
        return None  # CloudFormation will refuse it; here its digest is all that is asked


def _keep(content: bytes, artifact: Artifact) -> None:
    """Pages compare templates, and the web process has no credentials to read them from S3."""
    try:
        keep(content)
    except OSError:
        log.exception(
            "template %s of %s is not kept; it cannot be compared", artifact.name, artifact.build_id
        )


@transaction.atomic
def record(artifact: Artifact, finding: Finding) -> bool:
    """Write one finding; False when another worker wrote this attempt first (nothing is recorded then)."""
    at = now()
    attempts = artifact.attempts + 1
    again = not finding.final and attempts < ATTEMPTS
    unmoved = Artifact.objects.filter(pk=artifact.pk, state=artifact.state, attempts=artifact.attempts)
    measured = {"size": finding.size} if finding.state == ArtifactState.VERIFIED else {}
    moved = unmoved.update(
        **measured,
        state=finding.state,
        detail=finding.detail,
        attempts=attempts,
        checked_at=at,
        next_attempt_at=at + wait_after(attempts) if again else None,
    )
    if moved != 1:
        return False
    if finding.state != artifact.state:
        _note_event(artifact, finding)
    if finding.test_spec is not None:
        Build.objects.filter(pk=artifact.build_id).update(test_spec=finding.test_spec)
    _settle(artifact.build_id)
    # Deployments that wait for this artifact find it by their sweep; the bell only saves the wait.
    ring("deployments.sweep_build", artifact.build_id, queue="default")
    return True


def wait_after(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s … at most 15 min, times TIME_SCALE."""
    return timedelta(seconds=min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT) * settings.TIME_SCALE)


def _note_event(artifact: Artifact, finding: Finding) -> None:
    append(
        kind=f"artifact.{finding.state}",
        actor=ACTOR,
        subject=f"build:{artifact.build_id}",
        outcome="allowed" if finding.state == ArtifactState.VERIFIED else "failed",
        application=artifact.build.application_id,
        data={
            "artifact": artifact.name,
            "declared": artifact.digest,
            "found": finding.digest,
            "size": finding.size,
        },
        private={"detail": finding.detail} if finding.detail else None,
    )


def _settle(build_id: str) -> None:
    """Bring the build's state in line with its artifacts. Quarantined is for good."""
    states = Artifact.objects.filter(build=build_id).values_list("state", flat=True)
    unsettled = Build.objects.filter(pk=build_id).exclude(state=BuildState.QUARANTINED)
    unsettled.update(state=build_state(states))
