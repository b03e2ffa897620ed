"""A deployment in this process, against the sandbox, with what AWS does to it on the way."""

import pytest

from deployments.engine.work import cache
from deployments.models import Intent, Lane, Worker
from tests.deployments.engine.driving import BAD, Engine


@pytest.fixture
def engine(transactional_db, settings, sandbox, sessions, target):
    config = sessions.config
    settings.AWS_ENDPOINT_URL = config.endpoint_url
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = (
        config.access_key_id,
        config.secret_access_key,
    )
    settings.POLL_SECONDS, settings.TIME_SCALE = (0.02, 0.1), 0.01
    cache.sessions.clear()
    return Engine(target, sessions.tools().client("s3"))


def value(session):
    return session.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"]


def test_release_is_planned_applied_tested_and_runs(engine, session, control):
    engine.release("1.0.0")
    row = engine.deploy("1.0.0")
    assert (row.state, row.plan_state) == ("succeeded", "ready")
    assert value(session) == "1.0.0"
    assert Lane.objects.get().version == "1.0.0"
    assert ":assumed-role/ReleaseGateDeploy/" in row.aws_identity["arn"]
    assert set(Intent.objects.values_list("outcome", flat=True)) == {"done"}
    for service, action in (("cloudformation", "ExecuteChangeSet"), ("codebuild", "StartBuild")):
        assert control.count(service, action) == 1


def test_failed_test_goes_back_to_the_last_verified_release(engine, session):
    engine.release("1.0.0")
    engine.deploy("1.0.0")
    engine.release("1.1.0", report=BAD)
    row = engine.deploy("1.1.0")
    assert (row.state, row.rolled_back_to) == ("rolled_back", "1.0.0")
    assert value(session) == "1.0.0"
    assert Lane.objects.get().version == "1.0.0"


def test_failed_test_without_an_earlier_release_is_failed_and_says_so(engine):
    engine.release("1.0.0", report=BAD)
    row = engine.deploy("1.0.0")
    assert (row.state, row.reasons[0]["code"]) == ("failed", "no_rollback_target")
    assert Lane.objects.get().version == ""


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "throttle", "server_error"])
@pytest.mark.parametrize("action", ["CreateChangeSet", "ExecuteChangeSet"])
def test_bad_answer_of_aws_changes_nothing_twice(engine, control, kind, action):
    engine.release("1.0.0")
    control.fault("cloudformation", action, kind)
    assert engine.deploy("1.0.0").state == "succeeded"
    assert control.count("cloudformation", action) == 1


def test_wrong_account_stops_before_any_change(engine, control, monkeypatch):
    engine.release("1.0.0")
    stranger = {"account": "999999999999", "arn": "arn:aws:sts::999999999999:assumed-role/Other/x"}
    monkeypatch.setattr("aws.session.AwsSession.identity", lambda session: stranger)
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state in ("failed", "succeeded"))
    assert (row.state, row.reasons[0]["code"]) == ("failed", "wrong_account")
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def test_pool_without_a_worker_waits_and_says_so(engine, control):
    engine.release("1.0.0")
    Worker.objects.all().delete()
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state == "waiting")
    assert "pool_unavailable" in [reason["code"] for reason in row.reasons]
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
