"""Votes that were cast in somebody else's place, as the offline verifier judges them."""

import pytest

from cli.relgate import verify_bundle
from tests.cli.test_verify import KEY, broken
from tests.cli.test_verify_content import cast, opened, started, story

LENT = {"principal": "per_omar", "delegate": "per_zoe", "group": "owners"}
LENT |= {"since": "2026-01-01T00:00:00.000000Z", "until": "2027-01-01T00:00:00.000000Z"}
FOR_OMAR = {"groups": ["owners"], "on_behalf_of": "per_omar", "delegation": "dlg_1"}


def lent(**data) -> dict:
    return {"kind": "delegation.made", "subject": "delegation:dlg_1", "data": {**LENT, **data}}


ENDED = {"kind": "delegation.ended", "subject": "delegation:dlg_1", "data": {"why": "revoked"}}
ENDED["at"] = "2026-11-20T09:58:59.000000Z"  # more than a minute before every vote here
FOR_ANOTHER = [opened(), lent(), cast("vot_1", "rita"), cast("vot_2", "zoe", **FOR_OMAR), started()]


def test_a_vote_in_anothers_place_turns_the_key_that_was_lent():
    assert verify_bundle(story(FOR_ANOTHER), KEY)["gated_starts"] == 1
    assert verify_bundle(story([opened(), *FOR_ANOTHER[2:]], first=3), KEY)["gated_starts"] == 1


@pytest.mark.parametrize(
    ("events", "leaf", "says"),
    [
        ([opened(), *FOR_ANOTHER[2:]], 2, "no earlier leaf holds"),
        ([opened(), lent(delegate="per_eve"), *FOR_ANOTHER[2:]], 3, "delegated something else"),
        ([opened(), lent(principal="per_eve"), *FOR_ANOTHER[2:]], 3, "delegated something else"),
        ([opened(), lent(group="managers"), *FOR_ANOTHER[2:]], 3, "delegated something else"),
        ([opened(), lent(until=LENT["since"]), *FOR_ANOTHER[2:]], 3, "not in force"),
        ([opened(), lent(since=LENT["until"]), *FOR_ANOTHER[2:]], 3, "not in force"),
        ([opened(), lent(until=7), *FOR_ANOTHER[2:]], 3, "from when until when"),
        ([opened(), lent(), ENDED, *FOR_ANOTHER[2:]], 4, "not in force"),
        ([opened(), lent(), lent(until=LENT["until"]), *FOR_ANOTHER[2:]], 2, "made before"),
    ],
)  # fmt: skip
def test_a_vote_for_somebody_who_lent_no_such_place_names_its_leaf(events, leaf, says):
    problem = broken(story(events))
    assert (problem.leaf, says in str(problem)) == (leaf, True), str(problem)


CROSSED, LATER = "2026-11-20T10:00:30.000000Z", "2026-11-20T10:01:30.000000Z"
CAST = FOR_ANOTHER[:4]


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (
            [*CAST, ENDED | {"at": CROSSED}, started() | {"at": LATER}],
            "vot_2 in a place that was lent no more",
        ),
        ([*CAST[:3], ENDED | {"at": CROSSED}, CAST[3], started() | {"at": LATER}], "lent no more"),
        ([opened(), lent(until=CROSSED), *CAST[2:], started() | {"at": LATER}], "lent no more"),
    ],
)
def test_a_place_that_was_lent_no_more_at_the_start_took_its_vote_along(events, says):
    problem = broken(story(events))
    assert (problem.leaf, says in str(problem)) == (len(events) - 1, True), str(problem)


@pytest.mark.parametrize(
    "events",
    [
        [*CAST, ENDED | {"at": CROSSED}, started() | {"at": "2026-11-20T10:01:29.999999Z"}],
        [
            *CAST[:3],
            ENDED | {"at": "2026-11-20T09:59:30.000000Z"},
            CAST[3],
            started() | {"at": CROSSED[:17] + "29.999999Z"},
        ],
        [*CAST, started(), ENDED | {"at": CROSSED}],
        [opened(), lent(until=LATER), *CAST[2:], started() | {"at": LATER}],
    ],
)
def test_an_end_that_passed_the_vote_or_the_start_is_no_fault_of_either(events):
    assert verify_bundle(story(events), KEY)["gated_starts"] == 1


def test_whoever_lent_their_place_does_not_count_beside_their_delegate():
    two = [{"group": "owners", "count": 2}]
    own = cast("vot_1", "omar", groups=["owners"])
    problem = broken(story([opened(slots=two), lent(), own, FOR_ANOTHER[3], started()]))
    assert (problem.leaf, "two votes of one person" in str(problem)) == (4, True), str(problem)
