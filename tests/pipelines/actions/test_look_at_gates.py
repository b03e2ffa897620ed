"""People leave: which gates can nobody fill any more, said once, to those who can mend it."""

import pytest

from kernel.clock import now
from pipelines.actions.look_at_gates import look_at_gates
from pipelines.models import Environment, GateShortage
from pipelines.tasks import look_at_gates as task
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.world import SYSTEM, World
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company():
    World.make()


def _told() -> list[tuple]:
    told = [event for event in events() if event["kind"].startswith("gate.")]
    return [(e["kind"], e["environment"], e["application"], e["data"]["groups"]) for e in told]


def _members(group: str, *names: str) -> None:
    set_group_members(actor=SYSTEM, name=group, members=list(names))


def test_gates_that_people_can_fill_are_not_mentioned():
    assert look_at_gates() == []
    assert _told() == []


def test_who_leaves_makes_one_event_with_the_smallest_failing_set():
    _members("payments-owners")
    assert look_at_gates() == ["prod/payments"]
    assert look_at_gates() == ["prod/payments"]
    assert _told() == [("gate.unsatisfiable", "prod", "payments", ["payments-owners"])]


def test_a_path_that_nobody_can_fill_any_more_is_a_gate_of_its_own():
    world = World()  # of the company that is there already
    world.define_path(slots=[{"group": "release-managers", "count": 1}])
    _members("release-managers", "rita")
    assert look_at_gates() == ["prod/payments/expedited"]
    assert _told() == [("gate.unsatisfiable", "prod", "payments", ["release-managers"])]
    assert GateShortage.objects.get().pk == "prod/payments/expedited"
    world.undefine_paths()
    assert look_at_gates() == []
    assert [kind for kind, *_ in _told()] == ["gate.unsatisfiable", "gate.satisfiable"]


def test_other_groups_that_fall_short_are_told_anew():
    _members("payments-owners", "rosa")
    _members("release-managers", "rosa")
    look_at_gates()
    _members("payments-owners")
    look_at_gates()
    assert [groups for *_, groups in _told()] == [
        ["release-managers", "payments-owners"],
        ["payments-owners"],
    ]


def test_somebody_added_mends_it_and_that_is_told_once():
    _members("payments-owners")
    look_at_gates()
    _members("payments-owners", "zoe")
    assert look_at_gates() == []
    assert look_at_gates() == []
    assert [kind for kind, *_ in _told()] == ["gate.unsatisfiable", "gate.satisfiable"]
    assert not GateShortage.objects.exists()


def test_somebody_who_lost_their_access_is_found_too():
    Person.objects.filter(username__in=["rita", "rosa"]).update(is_active=False)
    assert look_at_gates() == ["prod/payments", "staging/payments"]


def test_an_archived_environment_needs_nobody():
    _members("payments-owners")
    look_at_gates()
    Environment.objects.filter(pk="prod").update(archived_at=now())
    assert look_at_gates() == []


def test_another_scheduler_that_was_first_has_told_it(monkeypatch):
    """Both looked while no row was there; the other's insert came first."""
    _members("payments-owners")
    look_at_gates()
    blind = GateShortage.objects.none()
    monkeypatch.setattr(GateShortage.objects, "select_for_update", lambda: blind)
    look_at_gates()
    assert len(_told()) == 1


def test_a_change_of_members_rings_for_a_look_and_the_task_takes_the_bell(monkeypatch):
    rung = []
    monkeypatch.setattr("teams.actions.set_group_members.ring", lambda *a, **k: rung.append((a, k)))
    _members("payments-owners")
    assert rung == [(("pipelines.look_at_gates", "payments-owners"), {"queue": "default"})]
    assert task.name == "pipelines.look_at_gates"
    task("payments-owners")
    assert len(_told()) == 1
