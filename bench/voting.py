"""Deployments that wait for both their keys, and the votes that give them, for the benches that vote."""

import json
from hashlib import sha256

from approvals.models import ApprovalRequest, Vote
from bench import company
from bench.wire import request
from builds.models import Artifact, Build
from deployments.actions.request import request as ask_for
from deployments.decision import decide, with_everything
from deployments.engine import pending, planning
from deployments.engine.work import Work
from deployments.models import Deployment
from kernel.clock import now
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.queries import current_pipeline
from pipelines.sessions import sessions
from releases.actions.hand_over import hand_over

UNLIMITED = {"RELEASEGATE_RATE_LIMIT_PER_MINUTE": "1000000"}  # few people vote here as often as thousands
DIGEST = "sha256:" + "d" * 64


def waiting(environment: str, name: str, deployments: int) -> list[Deployment]:
    """Deployments of one new application that wait for both keys; only AWS is left out: the plan is written down."""
    company.application(name)
    stage = f"{{environment: {environment}, tests: none, target: {{kind: s3-site, bucket: bench, artifact: site}}}}"
    source = f"application: {name}\nstages: [{stage}]\n"
    save_pipeline(actor=company.BENCH, application=name, source=source, version=None)
    for number in range(deployments):
        _ask(environment, name, f"1.{number}.0")
    rows = Deployment.objects.select_related("approval").filter(application=name, state="needs_approval")
    if len(found := list(rows)) != deployments:
        raise RuntimeError(f"{len(found)} of {deployments} deployments wait for their keys")
    return found


def _ask(environment: str, name: str, version: str) -> None:
    hexadecimal = sha256(f"{name} {version}".encode()).hexdigest()
    artifact = {
        "name": "site",
        "kind": "s3-bundle",
        "uri": f"s3://rg-artifacts/{name}/{version}/site.zip",
        "version_id": "one",
        "digest": f"sha256:{hexadecimal}",
    }
    post = {
        "application": name,
        "version": version,
        "commit": hexadecimal[:40],
        "branch": company.BRANCH,
        "repository": f"https://git.bench.example/{name}",
        "artifacts": [artifact],
    }
    build = hand_over(actor=company.ci_actor(name), post=post)[0]
    Artifact.objects.filter(build=build).update(state="verified", checked_at=now())
    Build.objects.filter(pk=build.pk).update(state="verified")
    dana = company.actor("dana")
    asked = ask_for(actor=dana, application=name, version=version, environment=environment).deployment
    _planned(asked)


def _planned(asked: Deployment) -> None:
    """As a worker leaves it: planned, its people asked, what decide() said written down."""
    data = {"basis": planning.basis(_work(asked)), "target": {}, "detail": ""}
    rows = Deployment.objects.filter(pk=asked.pk)
    rows.update(plan_state="ready", plan_digest=DIGEST, plan_data=data, next_attempt_at=None)
    work = _work(asked)
    pending.ask_people(work)
    pending.settle(work, decide(work.deployment, work.actor, work.at))


def _work(asked: Deployment) -> Work:
    row = with_everything(Deployment.objects.filter(pk=asked.pk)).get()
    return Work(row, current_pipeline(row.application_id), sessions(), "bench")


def letter(row: Deployment, token: str) -> bytes:
    """The request that approves it."""
    word = {
        "decision": "approve",
        "content_hash": row.approval.content_hash,
        "comment": "Looks right in staging.",
    }
    path = f"/api/v1/approvals/{row.approval_id}/votes"
    return request("POST", path, json.dumps(word).encode(), Authorization=f"Bearer {token}")


def put_back(environment: str) -> None:
    """As it was before the votes; the log keeps what it has."""
    Vote.objects.filter(request__environment=environment).delete()
    ApprovalRequest.objects.filter(environment=environment).update(
        state="open", satisfied_at=None, valid_until=None
    )
    Deployment.objects.filter(environment=environment).update(state="needs_approval", waiting_for="")
