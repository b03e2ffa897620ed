"""What nobody needs any more goes; what somebody may still ask for stays."""

from datetime import timedelta

import pytest

from kernel.clock import raw_now
from kernel.idempotency import Answer, Claim, find, store
from kernel.models import IdempotentAnswer, RateBucket
from releasegate.actions.forget_expired import forget_expired

pytestmark = pytest.mark.django_db
CLAIM = Claim("token:tok_1", "k", "a" * 64)


def test_answers_go_after_a_day():
    store(CLAIM, Answer(201, {}, b"x"))
    assert forget_expired() == 0
    assert find(CLAIM) is not None
    IdempotentAnswer.objects.update(created_at=raw_now() - timedelta(hours=25))
    assert forget_expired() == 1
    assert not IdempotentAnswer.objects.exists()


def test_counters_go_after_an_hour_but_untold_failures_do_not():
    minute = 30_000_000
    for subject, age, reported in (
        ("token:old", 61, False),
        ("token:new", 59, False),
        ("ip:told", 61, True),
        ("ip:untold", 61, False),
    ):
        RateBucket.objects.create(subject=subject, minute=minute - age, used=1, reported=reported)
    assert forget_expired(at=minute * 60.0) == 2
    assert set(RateBucket.objects.values_list("subject", flat=True)) == {"token:new", "ip:untold"}
