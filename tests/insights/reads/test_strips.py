"""The strips above every page: what is true, for whom, in which zone; silence is never taken for health."""

from datetime import timedelta

import pytest

from insights.reads.strips import DEMO, strips_of
from kernel.permissions import ADMINISTRATOR, AUDITOR, RELEASE_MANAGER
from pipelines.window_rules import Freeze
from tests import people
from tests.insights.frames import AT, frame_of_pulse

HEARD = {"scheduler_seen_at": AT, "pools": frozenset({"main"}), "workers": {"main": AT}}
GLASS = {
    "id": "brk_1",
    "application": "payments",
    "environment": "prod",
    "state": "running",
    "drill": False,
}
MANAGER = people.release_manager()
NOBODY = people.actor("zoe")


def freeze(**changes) -> Freeze:
    values = {
        "scope": {"environment": "prod"},
        "timezone": "UTC",
        "start": "2026-11-24T08:00:00",
        "end": "2026-11-24T23:30:00",
        "reason": "Stocktaking",
        **changes,
    }
    return Freeze(id="frz_1", name="A freeze", **values)


def told(actor=NOBODY, **more) -> list[str]:
    return [strip["text"] for strip in strips_of(frame_of_pulse(actor, **{**HEARD, **more}))]


@pytest.mark.parametrize("actor", [NOBODY, MANAGER, people.administrator()])
def test_where_all_is_well_there_is_no_strip(actor):
    assert told(actor) == []


def test_the_demo_says_so_before_all_else(settings):
    settings.DEMO = True
    found = strips_of(frame_of_pulse(NOBODY, freezes=(freeze(),)))
    assert found[0] == DEMO
    assert len(found) == 2


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("UTC", "Tue 24 Nov, 23:30 UTC"),
        ("Europe/Berlin", "Wed 25 Nov, 00:30 CET"),
        ("America/New_York", "Tue 24 Nov, 18:30 EST"),
        ("Asia/Kolkata", "Wed 25 Nov, 05:00 IST"),
    ],
)
def test_a_freeze_ends_in_the_zone_of_whoever_looks(zone, until):
    assert told(freezes=(freeze(),), zone=zone) == [f"Freeze in prod until {until}: Stocktaking"]


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"scope": {}}, "Freeze in everything until "),
        ({"scope": {"tier": "production"}}, "Freeze in tier production until "),
        ({"scope": {"application": "payments"}}, "Freeze in payments until "),
        (
            {"scope": {"application": "payments", "environment": "prod"}},
            "Freeze in payments in prod until ",
        ),
        ({"actions": ("rollback",)}, "Freeze in prod (rollback) until "),
        ({"actions": ("deploy", "rollback")}, "Freeze in prod (deploy, rollback) until "),
        ({"end": "2027-01-04T06:00:00"}, "Freeze in prod until Mon 4 Jan 2027, 06:00 UTC: Stocktaking"),
        ({"reason": "<script>"}, "Freeze in prod until Tue 24 Nov, 23:30 UTC: <script>"),
    ],
)
def test_a_freeze_says_where_and_what_it_stops(changes, begins):
    (text,) = told(freezes=(freeze(**changes),))
    assert text.startswith(begins)


@pytest.mark.parametrize(
    "changes", [{"end": "2026-11-24T09:00:00"}, {"start": "2026-11-24T09:00:01"}], ids=["over", "to come"]
)
def test_a_freeze_that_is_not_in_force_is_no_strip(changes):
    assert told(freezes=(freeze(**changes),)) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Break-glass: payments in prod is active."),
        ({"state": "succeeded"}, "Break-glass: payments in prod has ended and is not reviewed yet."),
        ({"state": "needs_human"}, "Break-glass: payments in prod is active."),
        ({"drill": True}, "Break-glass drill: payments in prod is active."),
    ],
)
def test_a_broken_glass_is_told_to_everybody_until_it_is_reviewed(changes, text):
    assert told(glasses=({**GLASS, **changes},)) == [text]


@pytest.mark.parametrize(
    ("names", "link"),
    [
        (None, "/break-glass/brk_1"),
        (frozenset({"payments"}), "/break-glass/brk_1"),
        (frozenset({"billing"}), None),
        (frozenset(), None),
    ],
)
def test_the_link_is_only_for_who_may_see_it(names, link):
    (strip,) = strips_of(frame_of_pulse(NOBODY, names=names, glasses=(GLASS,)))
    assert strip.get("link_url") == link


def pool(*dead: str) -> dict:
    return {"pools": frozenset({"main", *dead})}


@pytest.mark.parametrize(
    ("pulse", "text"),
    [
        (
            pool("b"),
            "No worker of the pool b is alive. Deployments to its accounts wait until one starts.",
        ),
        (
            pool("c", "b"),
            "No worker of the pools b, c is alive. Deployments to its accounts wait until one starts.",
        ),
        (
            {"scheduler_seen_at": None},
            "The scheduler has not been heard of yet. Expiries and openings are not looked after.",
        ),
        (
            {"scheduler_seen_at": AT - timedelta(seconds=61)},
            "The scheduler has been silent for 1 m 1 s. Expiries and openings may be late.",
        ),
    ],
)
def test_what_does_not_move_is_told_to_those_who_can_mend_it(pulse, text):
    assert told(MANAGER, **pulse) == [text]
    assert told(people.administrator(), **pulse) == [text]
    assert told(NOBODY, **pulse) == []


def test_a_minute_of_silence_is_allowed_and_a_worker_of_every_pool_serves_all():
    assert told(MANAGER, scheduler_seen_at=AT - timedelta(seconds=60)) == []
    assert told(MANAGER, **pool("b", "c"), workers={"*": AT}) == []


def test_a_worker_that_was_heard_long_ago_is_not_alive(settings):
    settings.WORKER_ALIVE_SECONDS = 30
    assert told(MANAGER, workers={"main": AT - timedelta(seconds=30)}) == []
    assert "the pool main is alive" in told(MANAGER, workers={"main": AT - timedelta(seconds=31)})[0]
    assert "the pool main is alive" in told(MANAGER, workers=None)[0]


def test_before_there_is_an_account_nobody_misses_the_scheduler():
    assert told(MANAGER, pools=frozenset(), scheduler_seen_at=None) == []


@pytest.mark.parametrize(
    ("shortage", "text"),
    [
        (
            ("prod", ("owners",)),
            (
                "Nobody can fill the gate of prod: owners has too few people. "
                "Add people to owners, or ask for fewer keys there."
            ),
        ),
        (
            ("prod/payments", ("a", "b")),
            (
                "Nobody can fill the gate of prod for payments: a and b have too few people together. "
                "Add people to a or b, or ask for fewer keys there."
            ),
        ),
    ],
)
def test_a_gate_nobody_can_fill_is_named_with_how_to_mend_it(shortage, text):
    assert told(MANAGER, shortages=(shortage,)) == [text]
    assert told(NOBODY, shortages=(shortage,)) == []


def test_a_log_that_is_not_what_was_signed_is_told_to_every_role_and_first():
    text = "The audit log is not what was signed; sealing has stopped. Leaf 7 differs."
    reads = "You read everything as an auditor and can change nothing."
    more = {"log_mismatch": "Leaf 7 differs.", "scheduler_seen_at": None}
    for role in (RELEASE_MANAGER, ADMINISTRATOR):
        assert told(people.actor(roles=[role]), **more)[0] == text
    assert told(people.actor(roles=[AUDITOR]), **more) == [text, reads]
    assert told(NOBODY, **more) == []


def build(application="payments", version="1.4.2") -> dict:
    return {"application": application, "version": version, "team": "pay", "owners": "payments-owners"}


@pytest.mark.parametrize(
    ("actor", "told_of_it"),
    [
        (people.actor("dana", teams=["pay"]), True),
        (people.actor("omar", groups=["payments-owners"]), True),
        (MANAGER, False),
        (people.actor("zoe", teams=["web"], groups=["web-owners"]), False),
        (people.auditor(), False),
    ],
)
def test_a_build_in_quarantine_is_told_to_its_team_and_its_owners(actor, told_of_it):
    text = (
        "In quarantine: payments 1.4.2. What lies there is not what CI posted, so it is not deployed. "
        "Find out who changed it, withdraw the build, and post a new version."
    )
    assert (text in told(actor, quarantined=(build(),))) is told_of_it


def test_many_builds_in_quarantine_are_one_strip_that_names_three():
    rows = tuple(build(version=f"1.{n}") for n in range(5, 0, -1))
    (text,) = told(people.actor("dana", teams=["pay"]), quarantined=rows)
    assert text.startswith("In quarantine: payments 1.1, payments 1.2, payments 1.3 and 2 more. ")
    (three,) = told(people.actor("dana", teams=["pay"]), quarantined=rows[:3])
    assert three.startswith("In quarantine: payments 1.3, payments 1.4, payments 1.5. ")
