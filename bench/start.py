"""From the commit of the last vote to the first AssumeRole at AWS, against a raw Celery round trip."""

import io
import json
import select
import statistics
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256

from django.db import transaction

from aws.sandbox.client import SandboxControl
from aws.sandbox.seed import Seeder, root_clients
from bench import company
from bench.echo import echo
from bench.lines import quantile, slow_line
from bench.place import place
from bench.size import Size
from builds.models import Build
from deployments.actions.cast_vote import cast_vote
from deployments.actions.request import request
from deployments.engine.work import SESSION_SECONDS
from deployments.models import Deployment, Worker
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import Account
from releases.actions.hand_over import hand_over

AIM = 10
LIMITED_BY = (
    "some fifteen ways to PostgreSQL and back lie between the bell and the first call (lease, row, rules), "
    "each a good part of a Celery round trip"
)
ENVIRONMENT, APPLICATION, BUCKET = "start", "start", "start-site"
ECHOES = 5  # round trips beside each start; their median is its floor


def measure(size: Size) -> Iterator[dict]:
    """A worker process, its Redis and a sandbox AWS without latency; another worker process for the floor."""
    options = ("--pool=threads", "--concurrency=4", "--without-mingle", "--without-gossip")
    place.launch(
        "echo", "-m", "celery", "-A", "bench.echo", "worker", *options, "--without-heartbeat", "-l", "ERROR"
    )
    control, lay = _aws()
    place.manage("worker", "worker", "--pool", company.POOL)
    _until(Worker.objects.exists, "the worker lives")
    pairs, applied = [], []
    for number in range(size.warm_up + size.samples):
        floor = statistics.median(_round_trip() for _ in range(ECHOES))
        first, deploying = _start(f"1.{number}.0", lay, control)
        pairs.append((first, floor))
        applied.append(deploying)
    kept = pairs[size.warm_up :]
    ours = sorted(value for value, _ in kept)
    yield slow_line(
        "start",
        kept,
        unit="ms",
        n=len(kept),
        aim=AIM,
        limited_by=LIMITED_BY,
        least=round(ours[0], 1),
        p90=round(quantile(ours, 0.9), 1),
        until_deploy_session_ms=round(statistics.median(applied[size.warm_up :]), 1),
    )


def _round_trip() -> float:
    """Milliseconds from the call to the answer."""
    began = time.perf_counter()
    echo.delay("x").get(timeout=30)
    return (time.perf_counter() - began) * 1000


def _start(version: str, lay, control: SandboxControl) -> tuple[float, float]:
    """Milliseconds from the commit of the last vote to the arrival of the first AssumeRole after it, and of the
    one whose session makes the change (in between the plan is compared with what is there)."""
    _hand_over(version, lay)
    asked = request(
        actor=company.actor("dana"), application=APPLICATION, version=version, environment=ENVIRONMENT
    ).deployment
    row = _until(lambda: _asking(asked.pk), f"{version} waits for its key")
    control.reset_counts()
    committed = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.time_ns()))
        cast_vote(
            actor=company.actor("rita"),
            request_id=row.approval_id,
            decision="approve",
            content_hash=row.approval.content_hash,
        )
    _until(lambda: Deployment.objects.filter(pk=asked.pk, cleaned_at__isnull=False).exists(), "it ends")
    ended = Deployment.objects.get(pk=asked.pk)
    if ended.state != "succeeded":
        raise RuntimeError(f"{version} ended {ended.state}: {ended.reasons}")
    calls = sorted(call["ns"] for call in control.calls(action="AssumeRole"))
    started = ended.started_at.timestamp() * 1e9  # PostgreSQL's clock is this machine's
    deploying = next((at for at in calls if at > started), calls[-1])
    return (calls[0] - committed[0]) / 1e6, (deploying - committed[0]) / 1e6


def _asking(pk: str) -> Deployment | None:
    """The deployment once its key is asked for and its worker has let go of it."""
    rows = Deployment.objects.select_related("approval")
    return rows.filter(pk=pk, state="needs_approval", lease_until=None).first()


def _hand_over(version: str, lay) -> None:
    post = {
        "application": APPLICATION,
        "version": version,
        "commit": sha256(version.encode()).hexdigest()[:40],
        "branch": company.BRANCH,
        "repository": "https://git.bench.example/start",
        "artifacts": [lay(version)],
    }
    build = hand_over(actor=company.ci_actor(APPLICATION), post=post)[0]
    _until(lambda: Build.objects.filter(pk=build.pk, state="verified").exists(), f"{version} verified")


def _aws():
    """A sandbox AWS with the account and the site; (its controls, `lay(version)`: the artifact in its bucket)."""
    process = place.launch("aws", "-m", "aws.sandbox", "--port", "0")
    if not select.select([process.stdout], [], [], 30)[0]:
        raise RuntimeError("the sandbox AWS did not start")
    endpoint = json.loads(process.stdout.readline())["endpoint_url"]
    place.env["RELEASEGATE_AWS_ENDPOINT_URL"] = endpoint
    clients = root_clients(endpoint)
    company.application(APPLICATION)
    company.environment(ENVIRONMENT, 1, company.MANAGERS)
    stage = f"{{environment: {ENVIRONMENT}, tests: none, target: {{kind: s3-site, bucket: {BUCKET}, artifact: site}}}}"
    source = f"application: {APPLICATION}\nstages: [{stage}]\n"
    save_pipeline(actor=company.BENCH, application=APPLICATION, source=source, version=None)
    seeder = Seeder(clients)
    seeder.prepare_account(company.ACCOUNT, company.REGION, Account.objects.get().external_id)
    seeder.ensure_bucket(company.ACCOUNT, company.REGION, BUCKET)
    bucket = seeder.prepare_tools(company.REGION)
    tools = clients("s3", "000000000000", company.REGION)

    def lay(version: str) -> dict:
        data = _site(version)
        key = f"{APPLICATION}/{version}/site.zip"
        stored = tools.put_object(Bucket=bucket, Key=key, Body=data)
        return {
            "name": "site",
            "kind": "s3-bundle",
            "uri": f"s3://{bucket}/{key}",
            "version_id": stored["VersionId"],
            "digest": f"sha256:{sha256(data).hexdigest()}",
            "size": len(data),
        }

    control = SandboxControl(endpoint)
    # People take longer than a session lives: here, too, the plan's session has run out when the vote comes.
    control.set_clock_offset(100 - SESSION_SECONDS)
    return control, lay


def _site(version: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("index.html", f"<!doctype html><title>{version}</title>")
    return buffer.getvalue()


def _until(condition, what: str, seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise RuntimeError(f"not within {seconds:.0f} s: {what}")
