"""The board says which worker pools have a live worker, and which accounts wait for one."""

import re
from datetime import timedelta

import pytest

from deployments.models import Worker
from insights.reads.board import pools_of
from insights.reads.pulse import Pulse
from kernel.clock import raw_now
from pipelines.models import Account
from tests.insights.browser import Browser
from tests.insights.frames import AT

SERVED = (("nonprod", "dev"), ("nonprod", "staging"), ("prod", "prod"))


def shown(answer) -> dict[str, str]:
    """{pool: what the page says of it}."""
    rows = re.findall(r'data-pool="([^"]+)">(.*?)</div>', answer.html, re.DOTALL)
    return {name: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip() for name, text in rows}


def test_each_pool_stands_there_with_its_accounts_and_whether_a_worker_lives(world, rita):
    Account.objects.filter(alias="prod").update(pool="prod")
    pools = shown(rita.get("/board"))
    assert list(pools) == ["main", "prod"]
    assert "Live dev, staging" in pools["main"]
    assert "wait" not in pools["main"]
    assert "No live worker prod. Deployments there wait until one starts." in pools["prod"]
    world.worker_lives("prod")
    assert "Live prod" in shown(rita.get("/board"))["prod"]


def test_a_worker_that_has_fallen_silent_is_not_live_and_it_is_said_since_when(world, rita, settings):
    seen = raw_now() - timedelta(seconds=settings.WORKER_ALIVE_SECONDS + 60)
    Worker.objects.update(seen_at=seen)
    said = shown(rita.get("/board"))["main"]
    assert "No live worker" in said
    assert "Live dev" not in said
    assert "Last heard of" in said


@pytest.mark.parametrize("who", ["dana", "omar", "zoe", "aude"])
def test_everybody_who_is_signed_in_sees_them(world, who):
    assert list(shown(Browser(who).get("/board"))) == ["main"]


def test_of_the_past_nothing_is_said(world, rita):
    assert shown(rita.get("/board", at="2026-01-01T00:00:00Z")) == {}


def test_a_pool_without_an_account_and_an_archived_account_are_left_out(world, rita):
    world.worker_lives("spare")
    Account.objects.filter(alias="prod").update(pool="old", archived_at=raw_now())
    assert list(shown(rita.get("/board"))) == ["main"]


@pytest.mark.parametrize(
    ("workers", "alive", "seen"),
    [
        ({}, [False, False], [None, None]),
        ({"prod": AT}, [False, True], [None, AT]),
        ({"*": AT}, [True, True], [AT, AT]),
        ({"*": AT - timedelta(days=1), "prod": AT}, [False, True], [AT - timedelta(days=1), AT]),
        ({"spare": AT}, [False, False], [None, None]),
    ],
)
def test_a_worker_serves_its_pool_and_one_of_every_pool_serves_all(workers, alive, seen):
    pools = pools_of(Pulse(at=AT, raw=AT, served=SERVED, workers=workers))
    assert [(pool.name, pool.accounts) for pool in pools] == [
        ("nonprod", ["dev", "staging"]),
        ("prod", ["prod"]),
    ]
    assert [pool.alive for pool in pools] == alive
    assert [pool.seen for pool in pools] == seen
