"""Add a report to a build, or to a deployment of it: test results, coverage, scans. Append-only."""

from dataclasses import dataclass

from django.db import transaction

from audit.actions.append import append
from builds import evidence_store
from builds.access import EVIDENCE_WRITE, application_for
from builds.evidence import detect
from builds.evidence.detect import EvidenceRejected, read
from builds.models import Build, Evidence
from builds.queries import get_build
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Denial, Invalid, Refusal

KINDS = ("junit", "coverage", "sarif", "sbom", "provenance", "cfn-lint", "custom")
READ = frozenset(detect.KINDS)  # those with a reader: only their content counts
LIMIT_BYTES = 10 * 1024**2
LONGEST_NAME = 200
NOT_EVALUATED = {
    "code": "not_evaluated",
    "detail": "This kind is kept as it was posted; its content is not evaluated yet and counts for nothing.",
}


class TooLarge(Refusal):
    """The file is over 10 MB."""

    status = 413
    code = "too_large"
    title = "Too large"


@dataclass(frozen=True)
class Report:
    """A report that was read and whose bytes are kept; `found`: the fields that come from its content."""

    kind: str
    name: str
    digest: str
    size: int
    found: dict


def read_evidence(*, actor: Actor, build_id: str, kind: str, name: str, data: bytes) -> Report:
    """Read and keep what a CI posts about its build, before `attach_evidence` and outside of its transaction.

    Raises NotFound (also for another application's build); Forbidden; TooLarge 413; Invalid 422
    `evidence_kind_unknown` (naming the kinds), `name_invalid`, `evidence_rejected` (with line and column,
    recorded as `evidence.refused`).
    """
    build = _build(actor, build_id)
    return read_report(build=build, subject=f"build:{build.pk}", kind=kind, name=name, data=data)


@transaction.atomic
def attach_evidence(*, actor: Actor, build_id: str, report: Report) -> Evidence:
    """Put on record what was read. Records `evidence.added`. Raises NotFound, Forbidden."""
    build = _build(actor, build_id)
    return attach_result(actor=actor, build=build, subject=f"build:{build.pk}", report=report)


def _build(actor: Actor, build_id: str) -> Build:
    build = get_build(actor, build_id)
    application_for(actor, build.application_id, scope=EVIDENCE_WRITE)
    return build


def read_report(*, build: Build, subject: str, kind: str, name: str, data: bytes) -> Report:
    """Read and keep what `attach_result` then puts on record. Outside of any transaction: ten megabytes of XML are no
    reason to hold a lock. Bytes that are kept and never attached are found by nobody, and hurt nobody.
    Raises as `read_evidence` does, but for NotFound and Forbidden."""
    _check(kind, name, data)
    found = _read(build, subject, kind, data)
    return Report(kind, name, evidence_store.keep(data), len(data), found)


@transaction.atomic
def attach_result(*, actor: Actor, build: Build, subject: str, report: Report) -> Evidence:
    """Store a report about `subject` (`build:bld_…` or `deployment:dep_…`) of this build; no permission is
    asked, the caller has decided."""
    evidence = Evidence.objects.create(
        build=build,
        subject=subject,
        kind=report.kind,
        name=report.name,
        digest=report.digest,
        size=report.size,
        posted_by=actor.tag,
        created_at=now(),
        **report.found,
    )
    append(
        kind="evidence.added",
        actor=actor,
        subject=subject,
        application=build.application_id,
        data={
            "evidence": evidence.pk,
            "build": build.pk,
            "kind": report.kind,
            "verdict": evidence.verdict,
            "digest": report.digest,
            "size": report.size,
        },
        private={"name": report.name},
    )
    return evidence


def _check(kind: str, name: str, data: bytes) -> None:
    errors = []
    if kind not in KINDS:
        detail = f"The kinds of evidence are {', '.join(KINDS)}."
        errors.append({"pointer": "/kind", "code": "evidence_kind_unknown", "detail": detail})
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        detail = f"A name has 1 to {LONGEST_NAME} printable characters."
        errors.append({"pointer": "/name", "code": "name_invalid", "detail": detail})
    if errors:
        raise Invalid(errors=errors)
    if len(data) > LIMIT_BYTES:
        raise TooLarge(f"The file has {len(data)} bytes; at most {LIMIT_BYTES} are taken.")


def _read(build: Build, subject: str, kind: str, data: bytes) -> dict:
    """The fields of the row that come from the content. Nothing unread ever counts as a pass."""
    if kind not in READ:
        return {
            "state": "parsed",
            "verdict": "none",
            "problems": [NOT_EVALUATED],
        }
    try:
        report = read(kind, data)
    except EvidenceRejected as error:
        place = {"line": error.line, "column": error.column}
        problem = {"pointer": "/file", "code": "evidence_rejected", "detail": str(error), **place}
        raise Invalid(
            errors=[problem],
            denial=Denial(
                kind="evidence.refused",
                subject=subject,
                application=build.application_id,
                data={"build": build.pk, "kind": kind, "digest": evidence_store.digest_of(data), **place},
                private={"detail": str(error)},
            ),
            **place,
        ) from error
    return {
        "dialect": report.dialect,
        "state": "parsed",
        "verdict": report.verdict,
        "summary": report.summary,
        "problems": report.problems,
    }
