"""Counters: exact for one process, never too generous, cheap."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel import rate_limit
from kernel.models import RateBucket
from kernel.rate_limit import TooManyRequests, count_failure, forget_before, take, unreported_failures

pytestmark = pytest.mark.django_db
AT = 1_800_000_030.0  # half a minute into a minute
MINUTE = int(AT // 60)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    rate_limit.forget()
    now = [AT]
    monkeypatch.setattr(rate_limit.time, "time", lambda: now[0])
    yield now
    rate_limit.forget()


def served(subject: str, limit: int, wanted: int) -> int:
    done = 0
    for _ in range(wanted):
        try:
            take(subject, limit)
        except TooManyRequests:
            continue
        done += 1
    return done


@pytest.mark.parametrize("limit", [1, 5, 99, 100, 250, 2400])
def test_exactly_the_limit_is_served(limit):
    assert served("token:a", limit, limit + 30) == limit


def test_the_refusal_says_when_to_come_back(clock):
    take("token:a", 1)
    with pytest.raises(TooManyRequests) as refused:
        take("token:a", 1)
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")
    assert refused.value.retry_after == 31
    clock[0] += 31
    take("token:a", 1)


def test_other_subjects_are_not_affected():
    assert served("token:a", 3, 10) == 3
    assert served("token:b", 3, 10) == 3


def test_a_hundred_requests_cost_a_few_queries():
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert served("token:a", 2400, 100) == 100
    assert len(seen) <= 5


def test_a_refused_flood_costs_no_query_at_all():
    served("token:a", 2, 3)
    with CaptureQueriesContext(connection) as seen:
        assert served("token:a", 2, 1000) == 0
    assert len(seen) == 0


def test_what_another_process_drew_is_gone_here_too():
    assert served("token:a", 200, 50) == 50
    rate_limit.forget()  # as if this were another process
    assert served("token:a", 200, 300) == 150


def test_threads_of_one_process_share_the_limit():
    done, errors = [], []

    def work():
        for _ in range(100):
            try:
                drawn = rate_limit._allowance.draw("token:a", MINUTE)
                done.append(drawn)
            except Exception as error:
                errors.append(error)

    rate_limit._allowance.draw("token:a", MINUTE)
    rate_limit._allowance.put("token:a", MINUTE, 150)
    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert errors == []
    assert done.count(1) == 150


def test_failures_are_counted_in_one_row_per_address_and_minute(clock):
    for _ in range(4):
        count_failure("192.0.2.1", 10)
    count_failure("192.0.2.2", 10)
    clock[0] += 60
    count_failure("192.0.2.1", 10)
    rows = RateBucket.objects.order_by("minute", "subject").values_list(
        "subject", "minute", "used", "reported"
    )
    assert list(rows) == [
        ("ip:192.0.2.1", MINUTE, 4, False),
        ("ip:192.0.2.2", MINUTE, 1, False),
        ("ip:192.0.2.1", MINUTE + 1, 1, False),
    ]


def test_failures_beyond_the_limit_are_refused_and_still_counted():
    count_failure("192.0.2.1", 1)
    for _ in range(3):
        with pytest.raises(TooManyRequests):
            count_failure("192.0.2.1", 1)
    assert RateBucket.objects.get().used == 4


def test_a_caller_without_an_address_is_counted_as_unknown():
    count_failure(None, 5)
    assert RateBucket.objects.get().subject == "ip:unknown"


def test_only_finished_minutes_wait_to_be_reported():
    count_failure("192.0.2.1", 10)
    take("token:a", 10)
    assert unreported_failures(before_minute=MINUTE) == []
    assert [row.subject for row in unreported_failures(before_minute=MINUTE + 1)] == ["ip:192.0.2.1"]


def test_old_counters_go_but_no_failure_that_nobody_was_told_of():
    count_failure("192.0.2.1", 10)
    count_failure("192.0.2.2", 10)
    take("token:a", 10)
    RateBucket.objects.filter(subject="ip:192.0.2.2").update(reported=True)
    assert forget_before(MINUTE) == 0
    assert forget_before(MINUTE + 1) == 2
    assert RateBucket.objects.get().subject == "ip:192.0.2.1"
