"""A worker's way into AWS: who STS is told asked, sessions kept while they are good, and when to look again."""

import hashlib
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest

from builds.models import Artifact
from deployments.engine.work import (
    ArtifactChanged,
    _SessionCache,
    context_for,
    poll_after,
    reader,
    source_identity,
)
from deployments.models import Deployment, Intent, Step
from kernel.clock import now, raw_now
from tests.builds.s3 import Bucket

STS_TAKES = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")  # STS API reference, AssumeRole, SourceIdentity


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("user:rita", "rita"),
        ("user:rita@acme.example", "rita@acme.example"),
        ("application:payments", "application=payments"),
        ("system:worker", "system=worker"),
        ("user:x", "x="),
        ("user:zoë of ops", "zo--of-ops"),
        ("user:" + "n" * 150, "n" * 64),
    ],
)
def test_whoever_asked_is_named_as_sts_takes_it(tag, said):
    assert source_identity(tag) == said
    assert STS_TAKES.fullmatch(said)


@pytest.mark.parametrize("tag", ["application:payments", "user:zoë"])
def test_a_session_for_whoever_asked_is_granted(sessions, target, tag):
    session = sessions.assume(target, session_name="rg-one-1", source_identity=source_identity(tag))
    assert session.identity()["account"] == target.account_id


def good_for(seconds: float):
    return SimpleNamespace(expires_at=raw_now() + timedelta(seconds=seconds))


@pytest.mark.django_db
def test_a_session_is_kept_until_two_minutes_before_it_ends():
    cache, good, ending = _SessionCache(), good_for(130), good_for(110)
    cache.put(("dep_1", "deploy"), good)
    cache.put(("dep_1", "plan"), ending)
    assert cache.get(("dep_1", "deploy")) is good
    assert cache.get(("dep_1", "plan")) is None
    assert list(cache.sessions) == [("dep_1", "deploy")], "what has ended is not kept"


@pytest.mark.django_db
def test_dropping_the_sessions_of_one_deployment_drops_all_of_its_and_none_of_others():
    cache, good = _SessionCache(), good_for(900)
    keys = [("dep_1", "deploy"), ("dep_1", "plan"), ("dep_10", "deploy")]
    for key in keys:
        cache.put(key, good)
    cache.drop("dep_1")
    assert [cache.get(key) for key in keys] == [None, None, good]


@pytest.mark.django_db
def test_of_too_many_sessions_the_oldest_go():
    cache, good = _SessionCache(limit=2), good_for(900)
    for number in range(3):
        cache.put((f"dep_{number}", "deploy"), good)
    assert [cache.get((f"dep_{number}", "deploy")) for number in range(3)] == [None, good, good]


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "after"), [(None, 2), (0, 2), (100, 5), (10_000, 30)])
def test_the_older_a_step_the_longer_until_the_next_look_within_bounds(settings, age, after):
    settings.POLL_SECONDS = (2, 30)
    started = None if age is None else now() - timedelta(seconds=age)
    assert poll_after(Step(started_at=started)).after == pytest.approx(after, abs=0.5)


@pytest.fixture
def work(world, sessions, target):
    """A worker on a deployment into an account of the sandbox."""
    row = world.request("1.1.0", "dev")
    account = {"account_id": target.account_id, "deploy_role_arn": target.role_arn}
    type(row.environment.account).objects.filter(alias="dev").update(
        **account, external_id=target.external_id
    )
    with world.working(row) as work:
        work.sessions = sessions
        yield work


@pytest.mark.django_db
def test_an_artifact_is_read_only_while_its_bytes_have_its_digest(work, world, target):
    bucket = Bucket(work.sessions.tools().client("s3"), f"work-{target.account_id}")
    template = Artifact.objects.filter(build=work.deployment.release.build, name="template")
    good = "sha256:" + hashlib.sha256(b"good").hexdigest()
    template.update(uri=bucket.put("t", b"good")["uri"], version_id="", digest=good)
    assert reader(work, world.fresh(work.deployment).release)("template") == b"good"
    bucket.put("t", b"other")
    with pytest.raises(ArtifactChanged, match="template is no longer what was handed over"):
        reader(work, world.fresh(work.deployment).release)("template")


@pytest.mark.django_db
def test_a_session_is_assumed_once_per_purpose_and_narrowed_to_it(work, control):
    plan, deploy = work.session("plan"), work.session("deploy")
    assert (work.session("plan"), work.session("deploy"), plan is deploy) == (plan, deploy, False)
    assert [call["status"] for call in control.calls(action="AssumeRole")] == [200, 200]
    assert deploy.identity()["arn"].endswith(f"/{work.prefix}")


@pytest.mark.django_db
def test_what_an_executor_is_told_is_of_this_deployment_and_this_plan(work, world):
    step = Step.objects.get(deployment=work.deployment, kind="apply")
    other = world.request("1.1.0", "staging")
    for row, token in ((work.deployment, "mine"), (other, "theirs")):
        more = {
            "api": "s3.PutObject",
            "purpose": "stage",
            "request_digest": "",
            "epoch": 1,
            "created_at": now(),
        }
        Intent.objects.create(deployment=row, step=step, token=token, outcome="ambiguous", **more)
    Deployment.objects.filter(pk=work.deployment.pk).update(
        plan_round=3, plan_data={"target": {"change_set": "c-3", "n": 1}}, parameters={"Stage": "blue"}
    )
    work.deployment = world.fresh(work.deployment)
    step.data = {"n": 2}
    context = context_for(work, step, "deploy")
    assert context.name_prefix == f"rg-{work.deployment.pk.removeprefix('dep_')}-3"
    assert (context.data, context.parameters) == ({"change_set": "c-3", "n": 2}, {"Stage": "blue"})
    assert ("kind" in context.settings, context.settings["stack"]) == (False, "payments-dev")
    assert context.staging_bucket == f"rg-staging-{context.account}-eu-west-1"
    assert ([i.token for i in context.intents], context.sent("theirs")) == (["mine"], None)
    context.saw("mine", ETag="e")
    context.saw("theirs", ETag="e")
    assert work.seen == {"mine": {"ETag": "e"}}, "the engine records what the executor saw, and no more"
