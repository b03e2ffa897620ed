"""Every call to AWS: on record before it goes out, its answer on record after it, and nothing sent without a lease."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from django.db.models import F

from deployments.engine import send as sending
from deployments.engine.send import Sent, adopt, given_up, send
from deployments.engine.work import cache
from deployments.executor import Call
from deployments.models import Deployment, Intent, Step
from kernel.clock import now, raw_now
from kernel.refusals import LostRace
from tests.teams.events import events

pytestmark = pytest.mark.django_db
PUT = ("s3", "PutObject")


class Watched:
    """The session, with something that happens the moment before a call leaves for AWS."""

    def __init__(self, session, before):
        self.session, self.before = session, before

    def client(self, service: str):
        self.before()
        return self.session.client(service)


@pytest.fixture
def work(world):
    """A deployment that has started, in the hands of a worker."""
    row = world.start(world.asked("1.1.0", "dev"))
    assert row.state == "running"
    with world.working(row) as work:
        yield work


@pytest.fixture
def step(work) -> Step:
    return Step.objects.get(deployment=work.deployment, kind="apply")


@pytest.fixture
def put(staging):
    """Makes calls: an object of that name, written into the target's staging bucket."""

    def make(name: str = "one", *, purpose: str = "apply", **more) -> Call:
        params = {"Bucket": staging, "Key": name}
        return Call(
            "s3.PutObject", params, f"rg-{name}", f"s3://{staging}/{name}", purpose, body=b"b", **more
        )

    return make


def overtaken(work) -> None:
    """Another worker has taken the lease over."""
    Deployment.objects.filter(pk=work.deployment.pk).update(lease_epoch=F("lease_epoch") + 1)


def overslept(work) -> None:
    """The lease has run out, and nobody has taken it yet."""
    Deployment.objects.filter(pk=work.deployment.pk).update(lease_until=raw_now())


def outcomes() -> list[tuple[str, str, int]]:
    return list(Intent.objects.order_by("created_at", "id").values_list("token", "outcome", "sends"))


def test_the_intent_stands_before_the_call_leaves_and_the_outcome_after_it(work, step, put, session, control):
    seen = []
    look = Watched(session, lambda: seen.append((outcomes(), [e["kind"] for e in events()][-1])))
    assert send(work, step, (put(),), look) == Sent("done")
    assert seen == [([("rg-one", "pending", 1)], "aws.intended")]
    intent = Intent.objects.get()
    assert (intent.outcome, intent.sends, intent.epoch) == ("done", 1, work.deployment.lease_epoch)
    assert (intent.api, intent.purpose, intent.step_id) == ("s3.PutObject", "apply", step.pk)
    assert intent.recorded_at >= intent.created_at
    assert intent.aws_request_id
    assert set(intent.response) == {"ETag", "VersionId"}, "of an answer only what is needed is kept"
    assert control.count(*PUT) == 1


def test_both_records_name_the_call_and_only_the_second_its_outcome(work, step, put, session):
    send(work, step, (put(),), session)
    (before,), (after,) = events("aws.intended"), events("aws.recorded")
    call = {"api": "s3.PutObject", "token": "rg-one", "request": Intent.objects.get().request_digest}
    assert (before["data"]["calls"], before["outcome"]) == ([call], "allowed")
    assert (after["data"]["calls"], after["outcome"]) == ([{**call, "outcome": "done"}], "allowed")
    assert before["data"]["account"] == after["data"]["account"] == "111111111111"
    assert "adopted" not in after["data"]


def test_what_aws_refuses_is_refused_and_what_came_after_it_never_goes_out(work, step, put, session, control):
    control.fault(*PUT, "access_denied", match="two")
    sent = send(work, step, (put("one"), put("two"), put("three")), session)
    assert (sent.worst, sent.code, sent.sends, sent.throttled) == ("refused", "AccessDenied", 1, False)
    assert outcomes() == [("rg-one", "done", 1), ("rg-two", "refused", 1), ("rg-three", "pending", 1)]
    refused = Intent.objects.get(token="rg-two")
    assert (refused.response["code"], refused.response["throttled"]) == ("AccessDenied", False)
    (told,) = events("aws.recorded")
    assert told["outcome"] == "failed"
    assert [call["token"] for call in told["data"]["calls"]] == ["rg-one", "rg-two"]
    assert control.count(*PUT) == 1


def test_a_lost_answer_is_ambiguous_and_the_same_token_finds_the_same_intent_again(
    work, step, put, session, control
):
    control.fault(*PUT, "lost_after")
    sent = send(work, step, (put(),), session)
    assert (sent.worst, outcomes()) == ("ambiguous", [("rg-one", "ambiguous", 1)])
    seen = []
    again = Watched(session, lambda: seen.append(outcomes()))
    assert send(work, step, (put(),), again).worst == "done"
    assert seen == [[("rg-one", "pending", 2)]], "while it is out again nothing is known of it"
    assert outcomes() == [("rg-one", "done", 2)]


def test_a_throttled_call_says_so_and_how_often_it_was_sent(work, step, put, session, control):
    control.fault(*PUT, "throttle", times=2)
    sents = [send(work, step, (put(),), session) for _ in range(3)]
    assert [(s.worst, s.throttled, s.sends) for s in sents[:2]] == [
        ("refused", True, 1),
        ("refused", True, 2),
    ]
    assert sents[2] == Sent("done")
    assert control.count(*PUT) == 1


def test_the_token_goes_where_the_api_takes_one(work, step, session, control):
    call = Call(
        "codebuild.StartBuild",
        {"projectName": "releasegate-tests"},
        "t-1",
        "build",
        "test",
        "idempotencyToken",
    )
    answers = [send(work, step, (call,), session) for _ in range(2)]
    assert [a.worst for a in answers] == ["done", "done"]
    assert control.count("codebuild", "StartBuild") == 1, "AWS knew it by its token"
    assert Intent.objects.get().response["build"].startswith("releasegate-tests:")


def test_a_worker_that_was_overtaken_intends_nothing_and_sends_nothing(work, step, put, session, control):
    overtaken(work)
    with pytest.raises(LostRace):
        send(work, step, (put(),), session)
    assert (outcomes(), events("aws.intended"), control.count(*PUT)) == ([], [], 0)


def test_a_lease_that_ran_out_after_the_intent_keeps_the_call_at_home(work, step, put, session, control):
    overslept(work)
    with pytest.raises(LostRace):
        send(work, step, (put(),), session)
    assert outcomes() == [("rg-one", "pending", 1)], "whoever comes next reads AWS first"
    assert control.count(*PUT) == 0


def test_the_lease_is_looked_at_before_every_call_of_a_batch(work, step, put, session, control):
    losing = Watched(session, lambda: overslept(work))
    with pytest.raises(LostRace):
        send(work, step, (put("one"), put("two")), losing)
    assert control.count(*PUT) == 1
    assert outcomes() == [("rg-one", "pending", 1), ("rg-two", "pending", 1)]


def test_an_answer_that_comes_after_the_lease_was_lost_is_not_recorded(work, step, put, session, control):
    losing = Watched(session, lambda: overtaken(work))
    with pytest.raises(LostRace):
        send(work, step, (put(),), losing)
    assert control.count(*PUT) == 1
    assert (outcomes(), events("aws.recorded")) == ([("rg-one", "pending", 1)], [])


@pytest.mark.parametrize(("purpose", "sends"), [("apply", False), ("stage", True), ("cleanup", True)])
def test_a_cancel_accepted_before_the_first_change_stops_that_change(
    work, step, put, session, control, purpose, sends
):
    Deployment.objects.filter(pk=work.deployment.pk).update(cancel_requested_at=now())
    with nullcontext() if sends else pytest.raises(LostRace):
        send(work, step, (put(purpose=purpose),), session)
    assert (Intent.objects.count(), control.count(*PUT)) == (int(sends), int(sends))


def test_a_cancel_after_the_first_change_stops_no_further_one(work, step, put, session, control):
    send(work, step, (put("one"),), session)
    Deployment.objects.filter(pk=work.deployment.pk).update(cancel_requested_at=now())
    assert send(work, step, (put("two"),), session).worst == "done"
    assert control.count(*PUT) == 2


def test_many_calls_go_in_batches_and_the_next_is_not_intended_before_the_last_is_done(
    work, step, put, session, control, monkeypatch
):
    monkeypatch.setattr(sending, "BATCH", 2)
    calls = tuple(put(name) for name in ("a", "b", "c", "d", "e"))
    control.fault(*PUT, "access_denied", match="/d")
    assert send(work, step, calls, session).worst == "refused"
    assert [token for token, _, _ in outcomes()] == ["rg-a", "rg-b", "rg-c", "rg-d"]
    assert [len(event["data"]["calls"]) for event in events("aws.intended")] == [2, 2]
    assert send(work, step, calls, session) == Sent("done")
    assert {(outcome, sends) for _, outcome, sends in outcomes()} == {("done", 2), ("done", 1)}


def test_a_secret_in_what_is_said_of_a_refusal_is_not_kept(work, step, put, session, staging):
    params = {"Bucket": staging, "Key": ["password=hunter2hunter2", "x " * 400]}
    sent = send(work, step, (replace(put(), params=params),), session)
    kept = Intent.objects.get().response["message"]
    assert (sent.worst, sent.code, sent.message) == ("refused", "ParamValidationError", kept)
    assert ("hunter2" in kept, "password=[masked]" in kept, len(kept) <= 500) == (False, True, True)


def test_a_session_that_expired_is_forgotten_and_the_call_may_be_tried_again(
    work, step, put, sessions, target, control
):
    mine, other = (work.deployment.pk, "deploy"), ("dep_other", "deploy")
    gone = sessions.assume(target, session_name="rg-test")
    cache.sessions.clear()
    cache.put(mine, gone)
    cache.put(other, gone)
    control.set_clock_offset(4000)  # the fixture sets it back
    sent = send(work, step, (put(),), gone)
    assert (sent.worst, sent.throttled) == ("refused", True), sent
    assert (cache.get(mine), cache.get(other)) == (None, gone)
    cache.sessions.clear()


def test_only_a_call_whose_answer_was_lost_three_times_is_given_up(work, step, put, session):
    send(work, step, (put("one"), put("two")), session)
    both = (put("one"), put("two"))
    for outcome, sends in (("ambiguous", 2), ("pending", 9), ("refused", 9), ("done", 9)):
        Intent.objects.filter(token="rg-two").update(outcome=outcome, sends=sends)
        assert given_up(work.deployment, both) is None, (outcome, sends)
    Intent.objects.filter(token="rg-two").update(outcome="ambiguous", sends=3)
    assert given_up(work.deployment, both) == "s3.PutObject"
    assert given_up(work.deployment, both[:1]) is None


def test_the_lost_answers_of_another_deployment_give_up_nothing(world, work, step, put, session):
    send(work, step, (put(),), session)
    Intent.objects.update(outcome="ambiguous", sends=3)
    other = world.request("1.0.0", "staging")
    assert given_up(work.deployment, (put(),)) == "s3.PutObject"
    assert given_up(other, (put(),)) is None


@pytest.mark.parametrize("outcome", ["pending", "ambiguous"])
def test_what_reading_shows_to_be_done_is_adopted_once(work, step, put, session, control, outcome):
    send(work, step, (put("one"), put("two")), session)
    Intent.objects.filter(token="rg-two").update(outcome=outcome, response={}, recorded_at=None)
    work.seen = {"rg-one": {"ETag": "other"}, "rg-two": {"ETag": "read"}, "rg-never": {}}
    adopt(work)
    one, two = Intent.objects.order_by("created_at", "id")
    assert (one.response.get("adopted"), one.response["ETag"] != "other") == (None, True), "it was answered"
    assert (two.outcome, two.response) == ("done", {"ETag": "read", "adopted": True})
    assert two.recorded_at is not None
    told = events("aws.recorded")[-1]["data"]
    assert ([c["token"] for c in told["calls"]], told["adopted"]) == (["rg-two"], True)
    before = len(events())
    work.seen = {"rg-two": {"ETag": "read"}}
    adopt(work)
    assert (len(events()), work.seen, control.count(*PUT)) == (before, {}, 2)


def test_a_refused_call_is_never_adopted(work, step, put, session, control):
    control.fault(*PUT, "access_denied")
    send(work, step, (put(),), session)
    work.seen = {"rg-one": {"ETag": "x"}}
    adopt(work)
    assert outcomes() == [("rg-one", "refused", 1)]


def test_a_worker_that_was_overtaken_adopts_nothing(work, step, put, session):
    send(work, step, (put(),), session)
    Intent.objects.update(outcome="pending")
    overtaken(work)
    work.seen = {"rg-one": {}}
    with pytest.raises(LostRace):
        adopt(work)
    assert outcomes() == [("rg-one", "pending", 1)]


def test_the_body_is_sent_and_is_not_what_the_digest_is_of(work, step, put, session, staging):
    send(work, step, (put(),), session)
    first = Intent.objects.get().request_digest
    send(work, step, (replace(put(), body=b"other", token="rg-2"),), session)
    assert session.client("s3").get_object(Bucket=staging, Key="one")["Body"].read() == b"other"
    assert Intent.objects.get(token="rg-2").request_digest != first, "the token is part of it"
