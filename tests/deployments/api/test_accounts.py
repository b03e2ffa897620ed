"""`POST /accounts/{id}/test`: the answer is a worker's; the web process asks AWS nothing."""

import pytest

from deployments.actions.beat import beat
from deployments.api import accounts as endpoint
from deployments.sweeper import Sweeper
from pipelines.models import Account, ConnectionTest
from tests.deployments.accounts import prepared_account, reach_sandbox, states
from tests.pipelines import places
from tests.teams.callers import Caller, as_administrator, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(sandbox, settings) -> Account:
    reach_sandbox(settings, sandbox)
    settings.SWEEP_SECONDS = 0.05
    return prepared_account(sandbox, pool="prod")


@pytest.fixture
def worker(account):
    beat(worker="w:1", pool="prod")
    made = Sweeper("prod", "w:1", threads=1)
    made.start()
    yield made
    made.stop()


def test_a_worker_of_the_pool_answers_and_its_answer_is_ours(account, worker):
    admin = as_administrator()
    answer = admin.post(f"/accounts/{account.account_id}/test")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"ok", "arn", "checks"}
    assert (body["ok"], states(body)) == (True, ["pass"] * 4)
    assert body["arn"].startswith(f"arn:aws:sts::{account.account_id}:assumed-role/ReleaseGateDeploy/")
    assert ConnectionTest.objects.get().taken_by == "w:1"
    assert only_event("config.changed")["actor"]["id"] == "per_admin"
    assert admin.get(f"/accounts/{account.pk}").json()["test"] == body


def test_the_same_key_gets_the_same_answer_and_no_second_try(account, worker):
    admin = as_administrator()
    first, second = (
        admin.post(f"/accounts/{account.pk}/test", headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert ConnectionTest.objects.count() == len(events("config.changed")) == 1


def test_the_web_process_needs_no_credentials_and_says_when_no_worker_can_answer(account, settings):
    settings.AWS_ENDPOINT_URL = settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = None
    beat(worker="w:2", pool="nonprod")
    answer = as_administrator().post(f"/accounts/{account.pk}/test")
    assert problem(answer)[:2] == (503, "pool_unavailable")
    assert answer.json()["pool"] == "prod"
    assert int(answer["Retry-After"]) > 0
    assert not ConnectionTest.objects.exists()


def test_a_worker_that_does_not_answer_in_time_is_unknown_and_the_wait_ends(account, monkeypatch):
    monkeypatch.setattr(endpoint, "ANSWER_SECONDS", 0.1)
    beat(worker="w:1", pool="prod")
    answer = as_administrator().post(f"/accounts/{account.pk}/test")
    assert (answer.status_code, states(answer.json())) == (200, ["unknown"] * 4)
    assert Account.objects.get().test_result is None


def test_at_most_half_of_the_threads_wait_here_too(account, worker, monkeypatch):
    monkeypatch.setattr(endpoint.seats.free, "acquire", lambda blocking: False)
    answer = as_administrator().post(f"/accounts/{account.pk}/test")
    assert problem(answer)[:2] == (503, "busy")


def test_what_is_refused_comes_before_any_wait(account):
    assert problem(Caller().post(f"/accounts/{account.pk}/test"))[:2] == (401, "not_authenticated")
    assert problem(as_administrator().post("/accounts/999999999999/test"))[:2] == (404, "not_found")
    other = places.account("dev")
    assert problem(as_administrator().post(f"/accounts/{other.pk}/test?wait=1"))[:2] == (
        422,
        "unknown_parameter",
    )
    assert not ConnectionTest.objects.exists()
