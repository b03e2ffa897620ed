"""At most one worker holds a deployment, and whoever slept through the lease writes nothing (E05)."""

from datetime import timedelta

import pytest

from deployments import lease
from deployments.models import Deployment
from deployments.states import State
from deployments.transition import transition
from kernel.actor import Actor
from kernel.clock import now, raw_now
from kernel.refusals import LostRace

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(world):
    return world.request()


def stored(row) -> Deployment:
    return Deployment.objects.get(pk=row.pk)


def ran_out(row) -> None:
    past = raw_now() - timedelta(seconds=1)
    Deployment.objects.filter(pk=row.pk).update(lease_until=past, next_attempt_at=past)


def test_only_a_worker_of_the_accounts_pool_takes_it(row):
    pool = row.environment.account.pool
    untouched = stored(row)
    for others in ((), (f"not-{pool}",)):
        assert lease.claim(row.pk, "one", pools=others) is None
    assert (stored(row).lease_epoch, stored(row).lease_owner) == (untouched.lease_epoch, "")
    assert lease.claim(row.pk, "one", pools=("other", pool)).epoch == untouched.lease_epoch + 1


def test_a_claim_is_numbered_and_has_an_end(row, settings):
    before = raw_now()
    held = lease.claim(row.pk, "one", pools=None)
    fresh = stored(row)
    assert (held.epoch, fresh.lease_epoch, fresh.lease_owner) == (1, 1, "one")
    assert fresh.lease_until == fresh.next_attempt_at == held.until
    assert abs((held.until - before).total_seconds() - settings.LEASE_SECONDS) < 5


def test_what_is_held_is_not_claimed_by_another_and_not_twice(row):
    assert lease.claim(row.pk, "one", pools=None) is not None
    assert lease.claim(row.pk, "two", pools=None) is None
    assert lease.claim(row.pk, "one", pools=None) is None
    assert stored(row).lease_owner == "one"


@pytest.mark.parametrize("due", [None, timedelta(minutes=5)])
def test_what_is_not_due_is_not_claimed(row, due):
    at = None if due is None else raw_now() + due
    Deployment.objects.filter(pk=row.pk).update(next_attempt_at=at)
    assert lease.claim(row.pk, "one", pools=None) is None
    assert stored(row).lease_epoch == 0


def test_an_unknown_id_is_nobodys(row):
    assert lease.claim("dep_none", "one", pools=None) is None


def test_a_lease_that_ran_out_is_taken_over_and_counted_as_a_crash(row):
    lease.claim(row.pk, "one", pools=None)
    ran_out(row)
    assert lease.claim(row.pk, "two", pools=None).epoch == 2
    assert (stored(row).lease_owner, stored(row).crashes) == ("two", 1)


def test_a_lease_given_back_is_no_crash(row):
    held = lease.claim(row.pk, "one", pools=None)
    Deployment.objects.filter(pk=row.pk).update(crashes=3)
    assert lease.release(row.pk, held, after=0) is True
    assert (stored(row).lease_until, stored(row).lease_owner) == (None, "")
    lease.claim(row.pk, "two", pools=None)
    assert stored(row).crashes == 0


def test_renewing_moves_the_end_and_only_for_the_holder(row):
    held = lease.claim(row.pk, "one", pools=None)
    Deployment.objects.filter(pk=row.pk).update(lease_until=raw_now() + timedelta(seconds=1))
    lease.renew(row.pk, held.epoch)
    assert stored(row).lease_until > raw_now() + timedelta(seconds=1)
    before = stored(row).lease_until
    with pytest.raises(LostRace):
        lease.renew(row.pk, held.epoch - 1)
    assert stored(row).lease_until == before


def test_a_stale_holder_knows_writes_nothing_and_gives_nothing_back(row, world):
    old = lease.claim(row.pk, "one", pools=None)
    sleeper = world.fresh(row)
    assert lease.still_held(row.pk, old.epoch) is True
    ran_out(row)
    assert lease.still_held(row.pk, old.epoch) is False
    lease.claim(row.pk, "two", pools=None)
    assert lease.still_held(row.pk, old.epoch) is False
    with pytest.raises(LostRace):
        transition(sleeper, State.PLANNING, actor=Actor.system("worker"), at=now())
    assert lease.release(row.pk, old, after=0) is False
    assert (stored(row).state, stored(row).lease_owner) == ("requested", "two")


@pytest.mark.parametrize(("after", "seconds"), [(0, 0), (30, 30), (-5, 0)])
def test_given_back_it_is_due_again_when_said(row, after, seconds):
    held = lease.claim(row.pk, "one", pools=None)
    lease.release(row.pk, held, after=after)
    assert abs((stored(row).next_attempt_at - raw_now()).total_seconds() - seconds) < 2


def test_given_back_for_good_it_is_due_only_when_poked(row):
    held = lease.claim(row.pk, "one", pools=None)
    lease.release(row.pk, held, after=None)
    assert stored(row).next_attempt_at is None
    assert lease.claim(row.pk, "two", pools=None) is None
    lease.poke(row.pk)
    assert lease.claim(row.pk, "two", pools=None) is not None


def test_a_poke_during_the_work_is_not_slept_over(row):
    held = lease.claim(row.pk, "one", pools=None)
    lease.poke(row.pk)
    lease.release(row.pk, held, after=3600)
    assert stored(row).next_attempt_at <= raw_now()


def test_a_poke_rings_for_the_pool_of_the_account(row, monkeypatch):
    rung = []
    monkeypatch.setattr(lease, "ring", lambda task, pk, queue: rung.append((task, pk, queue)))
    lease.poke()
    assert rung == []
    lease.poke(row.pk, "dep_none")
    assert rung == [("deployments.advance", row.pk, "pool.main")]
