"""The periodic tasks do what they say, called as a worker calls them."""

import time

import pytest

from audit.models import AuditEvent
from kernel.clock import silent_for
from kernel.models import RateBucket
from releasegate import tasks

pytestmark = pytest.mark.django_db


def test_the_scheduler_says_that_it_lives():
    assert silent_for("scheduler") is None
    tasks.scheduler_lives.run()
    tasks.scheduler_lives.run()
    assert silent_for("scheduler") < 10


def test_past_failures_become_an_event():
    RateBucket.objects.create(subject="ip:192.0.2.1", minute=int(time.time() // 60) - 2, used=412)
    tasks.summarise.run()
    tasks.summarise.run()
    assert AuditEvent.objects.filter(kind="signin.failed").count() == 1


def test_old_counters_go():
    RateBucket.objects.create(subject="token:tok_1", minute=1, used=5)
    tasks.forget.run()
    assert not RateBucket.objects.exists()
