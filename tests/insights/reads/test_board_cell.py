"""A cell of the board: what is not known to run is never shown as running."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.models import Deployment
from deployments.states import State
from insights.reads.board_cell import Cell, cell_of
from releases.models import Release

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
HERE = (AT, "rel_1")


def ran(state=State.SUCCEEDED, **more) -> Deployment:
    release = Release(id="rel_1", cut_at=AT)
    return Deployment(id="dep_1", state=state, version="1.0.0", release=release, ended_at=LATER, **more)


def test_where_nothing_is_recorded_the_cell_says_nothing():
    assert cell_of("prod", None, None, None, frozen=False) == Cell("prod", state="none")
    assert cell_of("prod", None, None, ((AT, "rel_9"), "staging"), frozen=False).behind == ""


def test_what_succeeded_last_is_what_runs():
    assert cell_of("prod", ran(), None, None, frozen=False) == Cell(
        "prod", state="succeeded", version="1.0.0", deployment="dep_1", since=LATER, cut=HERE
    )


@pytest.mark.parametrize("state", sorted(set(State) - {State.SUCCEEDED}))
def test_anything_but_success_leaves_unknown_what_runs(state):
    found = cell_of("prod", ran(state, kind="baseline"), None, ((LATER, "rel_2"), "staging"), frozen=False)
    assert found == Cell("prod", state="unknown", deployment="dep_1", since=LATER)


def test_an_expedited_one_stays_marked_before_and_after_it_ran():
    urgent = Deployment(id="dep_2", version="1.0.1", state="waiting", skipped_stages=["staging"])
    found = cell_of("prod", ran(skipped_stages=["staging"]), urgent, None, frozen=False)
    assert (found.expedited, found.next_expedited) == (True, True)
    found = cell_of(
        "prod", ran(), Deployment(id="dep_2", version="1.0.1", state="waiting"), None, frozen=False
    )
    assert (found.expedited, found.next_expedited) == (False, False)


def test_a_baseline_and_a_broken_glass_are_marked():
    assert cell_of("prod", ran(kind="baseline"), None, None, frozen=False).baseline is True
    assert cell_of("prod", ran(kind="rollback"), None, None, frozen=False).baseline is False
    assert cell_of("prod", ran(break_glass=True), None, None, frozen=False).break_glass is True


@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        (None, ""),
        ((HERE, "staging"), ""),
        (((AT - timedelta(seconds=1), "rel_9"), "staging"), ""),
        (((LATER, "rel_0"), "staging"), "staging"),
        (((AT, "rel_2"), "dev"), "dev"),
    ],
)
def test_a_place_is_behind_only_a_release_that_was_cut_later(ahead, behind):
    assert cell_of("prod", ran(), None, ahead, frozen=False).behind == behind


def test_what_comes_next_stands_beside_what_runs_with_its_first_reason():
    reasons = [{"code": "freeze", "text": "<b>Frozen</b>."}, {"code": "lane_busy", "text": "Busy."}]
    coming = Deployment(
        id="dep_2",
        version="1.1.0",
        state=State.WAITING,
        waiting_for="window",
        reasons=reasons,
        approval_id="apr_1",
        break_glass=True,
    )
    found = cell_of("prod", ran(), coming, None, frozen=True)
    assert (found.version, found.frozen, found.break_glass) == ("1.0.0", True, False)
    following = {name: value for name, value in vars(found).items() if name.startswith("next_")}
    assert following == {
        "next_version": "1.1.0",
        "next_deployment": "dep_2",
        "next_approval": "apr_1",
        "next_state": "waiting",
        "next_why": "window",
        "next_text": "<b>Frozen</b>.",
        "next_break_glass": True,
        "next_expedited": False,
    }


def test_what_comes_next_without_approval_or_reason_has_empty_texts():
    coming = Deployment(id="dep_2", version="1.1.0", state=State.REQUESTED)
    found = cell_of("dev", None, coming, None, frozen=False)
    assert (found.state, found.next_approval, found.next_text) == ("none", "", "")
