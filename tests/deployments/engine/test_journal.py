"""What a deployment leaves behind: fenced, stamped once, found again by its token, and without a key in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from deployments.engine import journal
from deployments.executor import Call
from deployments.models import Deployment, DeploymentLog, Intent, Step
from kernel.clock import now
from kernel.refusals import LostRace
from tests.teams.events import only_event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)
CALL = Call("s3.PutObject", {"Bucket": "b", "Key": "k"}, "rg-1", "s3://b/k", "apply", body=b"one")

BODY = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCcanary1", "b3BlbnNzaC1yZXktdjEAcanary2=="]
KEY = ["-----BEGIN PRIVATE KEY-----", *BODY, "-----END PRIVATE KEY-----"]


@pytest.fixture
def row(world):
    return world.request("1.1.0", "dev")


@pytest.fixture
def step(row) -> Step:
    return journal.step_of(row, "apply")


def overtaken(row) -> None:
    Deployment.objects.filter(pk=row.pk).update(lease_epoch=F("lease_epoch") + 1)


def stored(row) -> str:
    return "".join(
        DeploymentLog.objects.filter(deployment=row).order_by("offset").values_list("text", flat=True)
    )


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_a_key_is_masked_in_whatever_pieces_the_log_is_appended(row, size):
    lines = ["before", *KEY, "after"]
    for start in range(0, len(lines), size):
        journal.log(row, lines[start : start + size], now())
    text = stored(row)
    assert "canary" not in text
    assert "PRIVATE KEY" not in text
    assert [text.count(word) for word in (" before\n", " after\n")] == [1, 1]


def test_what_we_say_after_an_unfinished_key_is_kept(row):
    journal.log(row, KEY[:2], now())
    journal.log(row, ["smoke #1: ended FAILED."], now())
    assert "canary" not in stored(row)
    assert stored(row).endswith(" smoke #1: ended FAILED.\n")


def test_notes_of_a_worker_that_was_overtaken_are_not_kept(row):
    step = journal.step_of(row, "plan")
    journal.set_data(row, step, {"mine": 1})
    overtaken(row)
    with pytest.raises(LostRace):
        journal.set_data(row, step, {"mine": 2})
    assert (step.data, journal.step_of(row, "plan").data) == ({"mine": 1}, {"mine": 1})


def test_pieces_follow_each_other_without_a_gap(row):
    for lines in (["one"], [], [""], ["two\nthree"]):
        journal.log(row, lines, now())
    rows = DeploymentLog.objects.filter(deployment=row).order_by("offset")
    at = 0
    for piece in rows:
        assert piece.offset == at
        at += len(piece.text)
    assert [line[21:] for line in stored(row).splitlines()] == ["one", "two", "three"]


def test_each_deployment_has_its_own_offsets_and_its_own_half_of_a_key(world, row):
    other = world.request("1.1.0", "staging")
    journal.log(row, ["zoë said ✓", KEY[0]], AT)
    journal.log(other, ["b3BlbnNzaC1yZXktdjEAharmless=="], AT)
    journal.log(row, [KEY[1]], AT)
    assert stored(other) == "2026-03-01T10:20:30Z b3BlbnNzaC1yZXktdjEAharmless==\n"
    assert "canary" not in stored(row)
    first, second = DeploymentLog.objects.filter(deployment=row).order_by("offset")
    assert (first.offset, second.offset) == (0, len(first.text)), "in characters, not in bytes"


def test_a_line_is_cut_and_stamped_with_the_clock_of_decisions(row):
    journal.log(row, ["y" * 5000], AT)
    assert stored(row) == "2026-03-01T10:20:30Z " + "y" * journal.LINE_LIMIT + "\n"


def test_the_fence_lets_the_holder_pass_and_nobody_else(row):
    journal.fence(row)
    assert Deployment.objects.get(pk=row.pk).lease_epoch == row.lease_epoch
    overtaken(row)
    with pytest.raises(LostRace):
        journal.fence(row)


def test_that_a_worker_came_back_too_late_is_on_record(row):
    overtaken(row)
    journal.tell_of_fence(row.pk, row.lease_epoch, "host:7")
    told = only_event("deployment.fenced")
    assert (told["outcome"], told["subject"]) == ("denied", f"deployment:{row.pk}")
    assert told["data"] == {"epoch": row.lease_epoch, "current": row.lease_epoch + 1, "worker": "host:7"}


def test_a_cancel_counts_until_the_first_change_was_intended(row, step):
    journal.not_cancelled(row)
    Deployment.objects.filter(pk=row.pk).update(cancel_requested_at=AT)
    journal.intend(row, step, [replace(CALL, purpose="plan")], AT)
    with pytest.raises(LostRace):
        journal.not_cancelled(row)
    journal.intend(row, step, [replace(CALL, token="rg-2")], AT)
    journal.not_cancelled(row)


def test_of_two_steps_of_a_kind_the_later_one_is_meant(row):
    first = journal.step_of(row, "test")
    second = Step.objects.create(deployment=row, seq=40, kind="test")
    assert (journal.step_of(row, "test"), first == second) == (second, False)
    assert journal.step_of(row, "rollback") is None


@pytest.mark.parametrize(
    ("states", "started", "ended"),
    [
        (["waiting", "running", "done"], 0, 2),
        (["running", "running", "failed"], 0, 2),
        (["failed"], 0, 0),
        (["done"], 0, 0),
        (["skipped"], None, 0),
        (["running"], 0, None),
    ],
)
def test_a_step_is_stamped_when_it_starts_and_when_it_ends(step, states, started, ended):
    times = [AT + timedelta(minutes=minute) for minute in range(len(states))]
    for number, (state, at) in enumerate(zip(states, times, strict=True)):
        journal.set_step(step, state, at, f"look {number}")
    kept = Step.objects.get(pk=step.pk)
    assert kept.state == states[-1]
    assert kept.started_at == (None if started is None else times[started])
    assert kept.ended_at == (None if ended is None else times[ended])


def test_what_a_step_says_already_is_not_written_again(step, django_assert_num_queries):
    journal.set_step(step, "running", AT, "At it.", data={"n": 1})
    with django_assert_num_queries(0):
        journal.set_step(step, "running", AT + timedelta(minutes=1), "At it.", data={"n": 1})
    with django_assert_num_queries(1):
        journal.set_step(step, "running", AT, "At it.", data={"n": 2})


def test_the_words_of_a_step_are_masked_and_cut(step):
    journal.set_step(step, "failed", AT, "password=hunter2hunter2 " + "z" * 3000)
    detail = Step.objects.get(pk=step.pk).detail
    assert detail.startswith("password=[masked] zzz")
    assert (len(detail), step.detail) == (2000, detail)


def test_the_digest_is_of_the_request_and_neither_of_its_body_nor_of_the_order_of_its_words():
    same = journal.request_digest(CALL)
    for call in (
        replace(CALL, body=b"two"),
        replace(CALL, params={"Key": "k", "Bucket": "b"}),
        replace(CALL, target="elsewhere", purpose="stage"),
    ):
        assert journal.request_digest(call) == same
    others = [
        replace(CALL, api="s3.CopyObject"),
        replace(CALL, token="rg-2"),
        replace(CALL, params={"Bucket": "b", "Key": "k2"}),
        replace(CALL, params={"Bucket": "b", "Key": "k", "Flag": True}),
        replace(CALL, params={"Bucket": "b", "Key": "k", "Flag": 1}),
        replace(CALL, params={"Bucket": "b", "Key": "k", "At": AT}),
    ]
    assert len({same, *map(journal.request_digest, others)}) == len(others) + 1
    lists = [replace(CALL, params={"Tags": tags}) for tags in (["a", "b"], ("a", "b"))]
    assert len(set(map(journal.request_digest, lists))) == 1


def test_the_same_token_finds_the_same_intent_and_counts_the_try(row, step):
    (first,) = journal.intend(row, step, [CALL], AT)
    journal.record(first, "ambiguous", AT, {"code": "Lost"}, "r" * 150)
    assert len(Intent.objects.get().aws_request_id) == 100
    row.lease_epoch += 1
    (again,) = journal.intend(row, step, [CALL], AT + timedelta(minutes=1))
    kept = Intent.objects.get()
    assert (again.pk, again.sends) == (first.pk, 2)
    assert (kept.sends, kept.outcome, kept.epoch) == (2, "pending", row.lease_epoch)
    assert (kept.created_at, kept.request_digest) == (AT, journal.request_digest(CALL))


def test_the_same_token_of_another_deployment_is_another_intent(world, row, step):
    other = world.request("1.1.0", "staging")
    journal.intend(row, step, [replace(CALL, target="s3://" + "t" * 600)], AT)
    journal.intend(other, journal.step_of(other, "apply"), [CALL], AT)
    assert sorted(Intent.objects.values_list("sends", flat=True)) == [1, 1]
    assert len(Intent.objects.get(deployment=row).target) == 500
