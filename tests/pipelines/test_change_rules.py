"""Which change needs a second person, and what exactly it changes."""

import pytest

from pipelines.change_rules import Places, differences, digest, only_closes, touched

HERE = Places(
    tiers={"prod": "production"},
    accounts={"prod": "333333333333"},
    stages={"payments": frozenset({"prod"})},
    keys={"release-managers": frozenset({"prod"})},
)
LANE = {"account": "222222222222", "region": "eu-west-1"}
BESIDE = {"account": "333333333333", "region": "eu-west-1"}  # in the account of prod
NOWHERE = Places({}, {}, {}, {})
FREEZE = {
    "name": "Year end",
    "scope": {"environment": "prod"},
    "timezone": "UTC",
    "start": "2026-12-20T00:00:00",
    "end": "2027-01-04T00:00:00",
    "rrule": "",
    "duration": None,
    "reason": "Nobody is here.",
    "contact": "rita",
    "actions": ["deploy"],
}
WEEKLY = {**FREEZE, "end": "", "rrule": "FREQ=WEEKLY", "duration": 3600}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("/b", 2, 3)]),
        (None, {"a": 1}, [("/a", None, 1)]),
        ({"a": {"b": 1}}, None, [("/a/b", 1, None)]),
        (
            {"slots": [{"group": "x", "count": 1}]},
            {"slots": [{"group": "x", "count": 2}]},
            [("/slots/0/count", 1, 2)],
        ),
        ({"slots": [{"group": "x"}]}, {"slots": []}, [("/slots/0/group", "x", None)]),
        ({"members": ["a"]}, {"members": ["a", "b"]}, [("/members", ["a"], ["a", "b"])]),
        ({"a": 1}, {"a": 1}, []),
    ],
)
def test_every_value_that_differs_is_named(before, after, expected):
    rows = [(row["pointer"], row["before"], row["after"]) for row in differences(before, after)]
    assert rows == expected


def test_the_digest_is_of_exactly_this_difference():
    row = {"pointer": "/rank", "before": 1, "after": 2}
    assert digest([row]) == digest([dict(reversed(row.items()))])
    assert digest([row]) != digest([{**row, "after": 3}])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"end": "2027-01-05T00:00:00"},
        {"start": "2026-12-19T00:00:00"},
        {"scope": {}},
        {"actions": ["deploy", "rollback"]},
        {"name": "Holidays", "reason": "Really nobody.", "contact": "omar"},
    ],
)
def test_a_freeze_that_grows_only_closes(changes):
    assert only_closes(FREEZE, {**FREEZE, **changes})
    assert only_closes(None, FREEZE)


@pytest.mark.parametrize(
    "changes",
    [
        {"end": "2027-01-03T00:00:00"},
        {"start": "2026-12-21T00:00:00"},
        {"scope": {"environment": "dev"}},
        {"scope": {"environment": "prod", "application": "payments"}},
        {"actions": ["rollback"]},
        {"timezone": "Asia/Tokyo"},
        {"rrule": "FREQ=YEARLY"},
    ],
)
def test_a_freeze_that_shrinks_opens_something(changes):
    assert not only_closes(FREEZE, {**FREEZE, **changes})
    assert not only_closes(FREEZE, None)


def test_a_recurring_freeze_grows_by_its_duration_alone():
    assert only_closes(WEEKLY, {**WEEKLY, "duration": 7200})
    assert not only_closes(WEEKLY, {**WEEKLY, "duration": 1800})
    assert not only_closes(WEEKLY, {**WEEKLY, "start": "2026-12-19T00:00:00"})


@pytest.mark.parametrize(
    ("noun", "key", "before", "after"),
    [
        ("environment", "prod", LANE, LANE),
        ("environment", "prod2", None, BESIDE),
        ("environment", "dev", LANE, BESIDE),
        ("environment", "dev", {**BESIDE, "region": "eu-central-1"}, BESIDE),
        ("account", "acc_1", {"account_id": "333333333333"}, None),
        ("pipeline", "payments", {}, {}),
        ("group", "release-managers", {}, {}),
        ("person", "mallory", {"roles": []}, {"roles": ["administrator"]}),
        ("window", "win_1", None, {"scope": {}}),
        ("window", "win_1", {"scope": {"environment": "prod"}}, None),
        ("window", "win_1", {"scope": {"environment": "prod"}}, {"scope": {"environment": "dev"}}),
        ("window", "win_1", None, {"scope": {"tier": "production", "application": "payments"}}),
        ("freeze", "frz_1", FREEZE, None),
    ],
)
def test_what_touches_a_protected_environment_needs_a_second_person(noun, key, before, after):
    assert touched(noun, key, before, after, (HERE, HERE)) == {"prod"}


@pytest.mark.parametrize(
    ("noun", "key", "before", "after"),
    [
        ("environment", "dev", LANE, LANE),
        ("environment", "dev", BESIDE, {**BESIDE, "lane": "queue"}),
        ("environment", "dev", BESIDE, None),
        ("account", "acc_2", {"account_id": "222222222222"}, None),
        ("pipeline", "storefront", {}, {}),
        ("group", "newcomers", {}, {}),
        ("person", "aude", {"roles": []}, {"roles": ["auditor"]}),
        ("person", "iris", {"roles": ["administrator"]}, {"roles": []}),
        ("window", "win_1", None, {"scope": {"environment": "dev"}}),
        ("window", "win_1", None, {"scope": {"tier": "testing"}}),
        ("freeze", "frz_1", None, FREEZE),
        ("freeze", "frz_1", FREEZE, {**FREEZE, "scope": {}}),
        ("freeze", "frz_1", {**FREEZE, "scope": {"environment": "dev"}}, None),
    ],
)
def test_what_touches_none_or_only_closes_needs_nobody(noun, key, before, after):
    assert touched(noun, key, before, after, (HERE, HERE)) == frozenset()


def test_taking_the_protection_away_and_giving_it_are_both_touches():
    for there in ((HERE, NOWHERE), (NOWHERE, HERE)):
        assert touched("environment", "prod", LANE, LANE, there) == {"prod"}
        assert touched("pipeline", "payments", {}, {}, there) == {"prod"}
    assert touched("environment", "prod", LANE, LANE, (NOWHERE, NOWHERE)) == frozenset()
