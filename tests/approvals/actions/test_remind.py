"""An unanswered request is brought to mind, shown to another group, and expires. It is never approved (C09)."""

from datetime import timedelta

import pytest

from approvals.actions import remind
from approvals.actions.expire import expire_due
from approvals.actions.remind import remind_due
from approvals.models import ApprovalRequest, Vote
from approvals.queries import visible_to
from approvals.states import ApprovalState
from audit.models import AuditEvent
from kernel.clock import now
from kernel.refusals import Forbidden, NotFound
from pipelines import gates
from pipelines.serializers import GateIn
from teams.actions.create_group import create_group
from tests.deployments.world import SYSTEM
from tests.teams.events import events

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def asked(world):
    """An open request that escalates to zoe, who belongs to nothing else; its time is 400 seconds."""
    create_group(actor=SYSTEM, name="duty", members=["zoe"])
    world.change_gate("prod", expires_in=400, escalation="duty")
    return world.asked()


def stored() -> ApprovalRequest:
    return ApprovalRequest.objects.get()


def after(percent: float):
    """The instant at which so much of the time for votes is over."""
    return stored().expires_at - timedelta(seconds=400 * (100 - percent) / 100)


def told() -> list[tuple[str, dict]]:
    rows = AuditEvent.objects.filter(kind__in=("approval.reminded", "approval.escalated")).order_by("id")
    found = {kind: iter(events(kind)) for kind in ("approval.reminded", "approval.escalated")}
    return [(row.kind, next(found[row.kind])["data"]) for row in rows]


def test_each_step_is_taken_at_its_instant_and_not_before(asked):
    row = stored()
    for percent in (25, 50, 75):
        assert remind_due(after(percent) - SECOND) == []
        assert remind_due(after(percent)) == [(row.pk, percent)]
    assert remind_due(after(99)) == []
    about = {"deployment": asked.pk, "content_hash": row.content_hash}
    assert told() == [
        ("approval.reminded", {"percent": 25, **about}),
        ("approval.reminded", {"percent": 50, **about}),
        ("approval.escalated", {"percent": 75, "group": "duty", **about}),
    ]
    assert (stored().reminded, stored().remind_at, stored().escalated_to) == (75, None, "duty")


def test_a_sweep_that_comes_late_takes_every_step_it_missed_once(asked):
    assert [percent for _, percent in remind_due(after(80))] == [25, 50, 75]
    assert remind_due(after(80)) == []
    assert [kind for kind, _ in told()] == ["approval.reminded", "approval.reminded", "approval.escalated"]


def test_two_sweeps_that_read_the_same_row_write_one_event(asked, monkeypatch):
    """The second has read the row before the first moved it: as two processes do."""
    due, take = after(25), remind._take
    entered = []

    def meanwhile(row):
        if not entered:
            entered.append(row.pk)
            assert remind_due(due) == [(row.pk, 25)]
        return take(row)

    monkeypatch.setattr(remind, "_take", meanwhile)
    assert remind_due(due) == []
    assert [data["percent"] for _, data in told()] == [25]


def test_reminding_changes_no_state_and_casts_no_vote(asked):
    before = stored()
    remind_due(after(99))
    row = stored()
    same = (
        "state",
        "content_hash",
        "subject",
        "gate",
        "relations",
        "expires_at",
        "satisfied_at",
        "valid_until",
    )
    assert [getattr(row, name) for name in same] == [getattr(before, name) for name in same]
    assert (row.state, Vote.objects.count()) == ("open", 0)


def test_at_the_end_it_expires_and_is_reminded_of_no_more(asked):
    end = stored().expires_at
    assert remind_due(end) == [], "what is over is not brought to mind"
    assert expire_due(end) == [asked.pk]
    assert remind_due(end + timedelta(days=1)) == []
    assert (stored().state, told()) == ("expired", [])


def test_nothing_is_approved_by_waiting(asked):
    """However long nobody answers, and however often everything that runs by itself looks."""
    end = stored().expires_at
    for percent in range(0, 400, 5):
        remind_due(after(percent))
        expire_due(after(percent))
        assert stored().state in ("open", "expired")
    assert (stored().state, stored().ended_at) == ("expired", end)
    assert Vote.objects.count() == 0
    assert not AuditEvent.objects.filter(kind="deployment.running").exists()


def test_no_setting_of_a_gate_approves_by_itself():
    known = {
        "slots",
        "exclude",
        "expires_in",
        "valid_for",
        "step_up",
        "comment",
        "unknown_authors",
        "escalation",
    }
    assert set(gates.complete({}, protected=True)) == known
    assert set(GateIn().fields) == {*known, "expedited_slots"}
    assert not [name for name in known if "auto" in name or "default" in name]


def test_a_satisfied_request_waits_for_time_and_for_nobody(world, asked):
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    assert stored().state == ApprovalState.SATISFIED
    assert remind_due(after(60)) == []
    world.vote(asked, "omar", decision="withdraw")
    assert [percent for _, percent in remind_due(after(60))] == [25, 50]


@pytest.mark.parametrize("state", ["rejected", "consumed", "closed", "expired"])
def test_an_ended_request_is_not_brought_to_mind(asked, state):
    ApprovalRequest.objects.update(state=state)
    assert (remind_due(after(80)), told()) == ([], [])


def test_a_change_of_content_starts_the_time_and_its_reminders_anew(world, asked):
    world.vote(asked, "rita")
    remind_due(after(80))
    assert stored().escalated_to == "duty"
    world.change_gate("prod", comment="required")
    world.settle(asked)
    row = stored()
    assert (row.state, row.reminded, row.escalated_to) == ("void", 0, "")
    assert row.remind_at == row.expires_at - timedelta(seconds=300)
    assert [percent for _, percent in remind_due(row.remind_at)] == [25]


def test_without_an_escalation_group_nobody_else_ever_sees_it(world):
    world.change_gate("prod", expires_in=400)
    world.asked()
    assert [percent for _, percent in remind_due(after(99))] == [25, 50]
    assert (stored().escalated_to, stored().remind_at) == ("", None)


def test_owners_may_be_whom_it_escalates_to(world):
    world.change_gate("prod", expires_in=400, escalation="@owners")
    world.asked()
    remind_due(after(75))
    assert stored().escalated_to == "payments-owners"


def test_the_escalation_group_sees_the_request_from_then_on_and_not_before(world, asked):
    assert list(visible_to(world.actor("zoe"))) == []
    remind_due(after(74))
    assert list(visible_to(world.actor("zoe"))) == []
    remind_due(after(75))
    assert list(visible_to(world.actor("zoe"))) == [stored()]


def test_escalation_gives_sight_and_no_key(world, asked):
    with pytest.raises(NotFound):
        world.vote(asked, "zoe")
    remind_due(after(75))
    for decision in ("approve", "reject"):
        with pytest.raises(Forbidden) as refused:
            world.vote(asked, "zoe", decision=decision, comment="Nobody answered for three days.")
        assert refused.value.code == "not_eligible"
    assert (Vote.objects.count(), stored().state) == (0, "open")


def test_the_clock_is_the_databases(asked):
    """What is not due by the clock that decides is not taken, whatever a caller's own clock says."""
    assert stored().remind_at > now()
    assert remind_due(now()) == []


def test_a_request_of_a_gate_that_says_nothing_of_it_has_no_escalation(world):
    row = world.asked().approval
    assert (row.gate["escalation"], row.escalated_to) == (None, "")
    assert row.remind_at == row.opened_at + timedelta(seconds=row.gate["expires_in"]) / 4
