"""Votes a second of eight writers with the audit log and its sealer, against the same votes without audit.

Over HTTP on both sides: the same web server with the same addresses, one of them started with an `append()` that
does nothing (bench/apps.py). The database, the rows and the writers are the same; rounds alternate.
"""

import json
from collections.abc import Iterator
from hashlib import sha256

from approvals.models import ApprovalRequest, Vote
from audit.models import AuditEvent, Checkpoint
from bench import company
from bench.apps import WITHOUT_AUDIT
from bench.lines import line
from bench.place import place
from bench.size import Size
from bench.wire import Clients, request
from builds.models import Artifact, Build
from deployments.actions.beat import beat
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

AIM = 0.85
ENVIRONMENT = "seal"
UNLIMITED = {"RELEASEGATE_RATE_LIMIT_PER_MINUTE": "1000000"}  # few people vote here as often as thousands
DIGEST = "sha256:" + "d" * 64


def measure(size: Size) -> Iterator[dict]:
    """Each writer gives both keys of its deployments, one after the other; then all is put back."""
    people = {name: company.token_of(name) for name in ("rita", "omar")}
    company.environment(ENVIRONMENT, 5, company.MANAGERS, company.OWNERS)
    beat(worker="bench", pool=company.POOL)
    waiting = [_application(f"seal-{number}", size.votes // 2) for number in range(size.writers)]
    letters = [[_vote(row, token) for row in rows for token in people.values()] for rows in waiting]
    ours, bare = place.web("web", **UNLIMITED), place.web("bare", **UNLIMITED, **{WITHOUT_AUDIT: "1"})
    place.manage("sealer", "sealer", RELEASEGATE_DATABASE_ROLE="sealer")
    sides = [Clients(port, letters, expect=201) for port in (ours, bare)]
    pairs = []
    for _ in range(min(size.rounds, 5) + 1):
        rates, events = [], AuditEvent.objects.count()
        for clients in sides:
            rates.append(clients.rate_of_all())
            _put_back()
        pairs.append(tuple(rates))
    written = AuditEvent.objects.count() - events
    votes = sum(len(one) for one in letters)
    if written < votes:
        raise RuntimeError(f"{votes} votes left {written} events")
    sealed = Checkpoint.objects.order_by("-tree_size").values_list("tree_size", flat=True).first() or 0
    yield line(
        "seal",
        pairs[1:],
        unit="votes/s",
        n=votes * (len(pairs) - 1),
        aim=AIM,
        writers=size.writers,
        sealed=sealed,
    )


def _application(name: str, deployments: int) -> list[Deployment]:
    """Deployments of one application that wait for both keys; only AWS is left out: the plan is written down."""
    company.application(name)
    stage = f"{{environment: {ENVIRONMENT}, tests: none, target: {{kind: s3-site, bucket: seal, artifact: site}}}}"
    source = f"application: {name}\nstages: [{stage}]\n"
    save_pipeline(actor=company.BENCH, application=name, source=source, version=None)
    for number in range(deployments):
        _ask(name, f"1.{number}.0")
    rows = Deployment.objects.select_related("approval").filter(application=name, state="needs_approval")
    if len(found := list(rows)) != deployments:
        raise RuntimeError(f"{len(found)} of {deployments} deployments wait for their keys")
    return found


def _ask(name: str, version: str) -> None:
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
    asked = ask_for(actor=dana, application=name, version=version, environment=ENVIRONMENT).deployment
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


def _vote(row: Deployment, token: str) -> bytes:
    word = {
        "decision": "approve",
        "content_hash": row.approval.content_hash,
        "comment": "Looks right in staging.",
    }
    path = f"/api/v1/approvals/{row.approval_id}/votes"
    return request("POST", path, json.dumps(word).encode(), Authorization=f"Bearer {token}")


def _put_back() -> None:
    """As it was before the votes; the log keeps what it has."""
    Vote.objects.all().delete()
    ApprovalRequest.objects.update(state="open", satisfied_at=None, valid_until=None)
    Deployment.objects.filter(environment=ENVIRONMENT).update(state="needs_approval", waiting_for="")
