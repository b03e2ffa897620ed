"""The offline verifier on gates: what a start needed stands in the events of its approval, never in the start."""

import pytest

from cli.relgate import verify_bundle
from tests.cli.test_verify import KEY, broken
from tests.cli.test_verify_content import GOOD, SLOTS, cast, opened, started, story, voided


def ungated(**data) -> dict:
    """A start that names no approval."""
    return {"kind": "deployment.running", "subject": "deployment:dep_1", "data": {"from": "waiting", **data}}


BEFORE = {"kind": "build.received", "subject": "build:bld_1"}
TWO_MANAGERS = [{"group": "managers", "count": 2}]
INA = cast("vot_2", "ina", groups=["managers"])
OTHER_START = started() | {"subject": "deployment:dep_2"}


@pytest.mark.parametrize(
    ("events", "leaf", "says"),
    [
        ([*GOOD[:2], started(votes=["vot_1"], keys=1)], 2, "1 of 2 keys"),
        ([*GOOD[:2], {**started(), "data": {"from": "waiting", "approval": "apr_1"}}], 2, "0 of 2 keys"),
        ([*GOOD[:3], ungated()], 3, "without the approval that leaf 0 asks for"),
        ([*GOOD[:3], ungated(**{"from": "uncertain"})], 3, "without the approval"),
        ([*GOOD[:2], cast("vot_2", "omar", groups=["managers"]), started()], 3, "1 of 2 keys"),
        ([*GOOD[:2], cast("vot_2", "omar", groups=[]), started(keys=0)], 3, "1 of 2 keys"),
        ([*GOOD[:2], cast("vot_2", "omar", groups="owners"), started()], 3, "1 of 2 keys"),
        ([opened(), voided(slots=TWO_MANAGERS), cast("vot_1", "rita"), started(votes=["vot_1"])], 3, "1 of 2"),
        ([opened(slots=TWO_MANAGERS), voided(slots=SLOTS), GOOD[1], INA, started()], 4, "1 of 2 keys"),
        ([opened(step_up=True), *GOOD[1:]], 3, "without a signature"),
        ([opened(), voided(step_up=True, slots=SLOTS), *GOOD[1:]], 4, "without a signature"),
        ([*GOOD[:3], OTHER_START], 3, "opened for deployment:dep_1"),
        ([opened(), opened(slots=SLOTS[:1]), cast("vot_1", "rita"), started(votes=["vot_1"])], 1, "opened before"),
        ([opened(slots=[])], 0, "whose keys"),
        ([opened(slots=None)], 0, "whose keys"),
        ([opened(slots=[{"group": "managers", "count": 0}])], 0, "whose keys"),
        ([opened(slots=[{"group": "managers", "count": 10**9}])], 0, "whose keys"),
        ([opened(), voided(slots=["managers"])], 1, "whose keys"),
    ],
)  # fmt: skip
def test_what_a_start_needs_is_taken_from_the_approval_and_never_from_the_start(events, leaf, says):
    problem = broken(story(events))
    assert problem.leaf == leaf
    assert says in str(problem)


def test_the_votes_may_come_in_any_order_and_one_person_may_be_able_to_turn_both_keys():
    events = [opened(), cast("vot_1", "omar"), cast("vot_2", "rita"), started()]
    assert verify_bundle(story(events), KEY)["gated_starts"] == 1


def test_a_gate_that_asks_for_less_after_a_change_is_satisfied_by_less():
    events = [opened(), voided(slots=SLOTS[:1]), cast("vot_1", "rita"), started(votes=["vot_1"], keys=1)]
    assert verify_bundle(story(events), KEY)["gated_starts"] == 1


def test_a_start_out_of_doubt_is_the_start_before_it_and_one_that_asked_nobody_is_counted():
    found = verify_bundle(story([*GOOD, ungated(**{"from": "uncertain"})]), KEY)
    assert (found["gated_starts"], found["ungated_starts"]) == (1, 0)
    found = verify_bundle(story([*GOOD, ungated() | {"subject": "deployment:dep_2"}]), KEY)
    assert (found["gated_starts"], found["ungated_starts"]) == (1, 1)


GLASS = {
    "kind": "break_glass.opened",
    "subject": "deployment:dep_1",
    "data": {"review": "rev_1", "skip": ["people", "window"]},
}
PAST = {"break_glass": "rev_1", "skipped": ["people"]}


def test_a_start_past_its_people_needs_the_break_glass_that_was_opened_for_it_before():
    found = verify_bundle(story([opened(), GLASS, ungated(**PAST)]), KEY)
    assert (found["bypassed_starts"], found["ungated_starts"]) == (1, 0)
    assert broken(story([opened(), ungated(**PAST), GLASS])).leaf == 1
    assert broken(story([GLASS | {"subject": "deployment:dep_2"}, ungated(**PAST)])).leaf == 1
    assert (
        broken(story([GLASS | {"data": {"review": "rev_1", "skip": ["window"]}}, ungated(**PAST)])).leaf == 1
    )
    assert broken(story([opened(), GLASS, ungated(break_glass="rev_1", skipped=["window"])])).leaf == 2


def test_in_a_part_an_approval_that_opened_within_it_is_judged_in_full():
    assert broken(story([*GOOD[:2], started(votes=["vot_1"], keys=1)])).leaf == 2
    assert broken(story([BEFORE, *GOOD[:2], started(votes=["vot_1"], keys=1)], first=1)).leaf == 3


LONG_AGO, THEN = "2026-11-20T09:00:00.000000Z", "2026-11-20T10:00:00.000000Z"


def gate(*slots, at=LONG_AGO, **more) -> dict:
    """The environment that every start below is in was given this gate."""
    asked = [{"group": group, "count": count} for group, count in slots]
    data = {"before": None, "after": {"gate": {"slots": asked}}}
    return {"kind": "config.changed", "subject": "environment:prod", "data": data, "at": at, **more}


def in_prod(start: dict) -> dict:
    return start | {"environment": "prod", "at": THEN}


PAIR = gate(("managers", 1), ("@owners", 1))
GIVEN = [*GOOD[:3], in_prod(started())]
ONE = [opened(slots=SLOTS[:1]), cast("vot_1", "rita"), in_prod(started(votes=["vot_1"]))]


@pytest.mark.parametrize(
    ("events", "leaf"),
    [
        ([PAIR, in_prod(ungated())], 1),
        ([PAIR, *ONE], 3),
        ([gate(("others", 1), ("managers", 1)), *GIVEN], 4),
        ([gate(), PAIR, in_prod(ungated())], 2),
        ([PAIR, gate(at="2026-11-20T09:59:30.000000Z", outcome="denied"), in_prod(ungated())], 2),
    ],
)
def test_a_gate_that_was_emptied_without_an_event_is_seen_at_the_next_start(events, leaf):
    problem = broken(story(events))
    assert (problem.leaf, "not those of the gate" in str(problem)) == (leaf, True)


@pytest.mark.parametrize(
    "events",
    [
        [PAIR, *GIVEN],
        [gate(("managers", 1)), *GIVEN],
        [PAIR, gate(), in_prod(ungated())],
        [PAIR, gate(at="2026-11-20T09:59:30.000000Z"), *ONE],
        [gate(), gate(("managers", 1), at="2026-11-20T09:59:30.000000Z"), in_prod(ungated())],
        [PAIR, GLASS, in_prod(ungated(**PAST))],
        [PAIR, in_prod(ungated()) | {"environment": "dev"}],
    ],
)
def test_what_the_log_itself_made_of_a_gate_is_what_a_start_needs(events):
    assert verify_bundle(story(events), KEY)["leaves"] == len(events)


ONE_KEY, TWO_KEYS = (("managers", 1),), (("managers", 1), ("@owners", 1))


def two_ways(usual, urgent, **more) -> dict:
    """The environment asks for other keys on the expedited way."""
    made = gate(*usual, **more)
    asked = [{"group": group, "count": count} for group, count in urgent]
    made["data"]["after"]["gate"]["expedited_slots"] = asked
    return made


def requested(**data) -> dict:
    return {
        "kind": "deployment.requested",
        "subject": "deployment:dep_1",
        "data": {"version": "1.0.1", **data},
    }


HASTE = {"expedited": ["staging"]}
BY_ONE = [opened(slots=SLOTS[:1]), cast("vot_1", "rita"), in_prod(started(votes=["vot_1"], **HASTE))]
WAYS = two_ways(TWO_KEYS, ONE_KEY)


@pytest.mark.parametrize(
    "events",
    [
        [WAYS, requested(**HASTE), *BY_ONE],
        [WAYS, requested(), *GIVEN],
        [two_ways(ONE_KEY, TWO_KEYS), requested(**HASTE), *GIVEN[:3], in_prod(started(**HASTE))],
        [two_ways(ONE_KEY, ()), requested(**HASTE), *BY_ONE],
        [gate(*ONE_KEY), requested(**HASTE), *BY_ONE],
        [two_ways((), ONE_KEY), requested(), in_prod(ungated())],
    ],
)
def test_an_expedited_start_needs_the_keys_that_the_environment_asks_for_on_that_way(events):
    assert verify_bundle(story(events), KEY)["leaves"] == len(events)


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([WAYS, requested(), *BY_ONE], "which its request did not ask for"),
        ([WAYS, *BY_ONE], "which its request did not ask for"),
        ([WAYS, requested(**HASTE) | {"outcome": "denied"}, *BY_ONE], "which its request did not ask for"),
        ([WAYS, requested(**HASTE) | {"subject": "deployment:dep_2"}, *BY_ONE], "did not ask for"),
        ([WAYS, requested(), requested(**HASTE), *BY_ONE], "which its request did not ask for"),
        ([WAYS, requested(**HASTE), *ONE], "not those of the gate"),
        ([WAYS, requested(), *ONE], "not those of the gate"),
        ([two_ways(ONE_KEY, TWO_KEYS), requested(**HASTE), *BY_ONE], "not those of the gate"),
        ([two_ways(TWO_KEYS, ()), requested(**HASTE), *BY_ONE], "not those of the gate"),
        ([gate(*TWO_KEYS), requested(**HASTE), *BY_ONE], "not those of the gate"),
        ([two_ways((), ONE_KEY), requested(**HASTE), in_prod(ungated(**HASTE))], "not those of the gate"),
    ],
)
def test_a_start_does_not_make_itself_expedited(events, says):
    problem = broken(story(events))
    assert (problem.leaf, says in str(problem)) == (len(events) - 1, True), str(problem)


def test_in_a_part_a_request_that_lies_before_it_is_taken_on_trust_and_one_within_it_is_not():
    assert verify_bundle(story([BEFORE, WAYS, *BY_ONE], first=1), KEY)["gated_starts"] == 1
    assert broken(story([BEFORE, WAYS, requested(), *BY_ONE], first=1)).leaf == 5
