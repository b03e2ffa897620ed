"""The expedited way is asked for where the pipeline defines one, marked for ever, and no vote crosses over."""

import pytest

from approvals.models import Vote
from audit.models import AuditEvent
from deployments.actions.cancel import cancel
from deployments.actions.cast_vote import cast_vote
from deployments.binding import subject_of
from deployments.decision import decide, subject_for, with_everything
from deployments.facts import Candidate
from deployments.models import Deployment, History, Step
from kernel.clock import now
from kernel.refusals import Refusal
from pipelines.models import Environment
from tests.deployments.world import SYSTEM, World
from tests.teams.events import only_event

pytestmark = pytest.mark.django_db
MANAGERS = [{"group": "release-managers", "count": 1}]
USUAL = [*MANAGERS, {"group": "payments-owners", "count": 1}]


@pytest.fixture
def world():
    """1.2.0 succeeded in dev and never in staging."""
    made = World.make()
    made.release("1.2.0")
    made.runs("1.2.0", "dev")
    return made


def refused(world, **more) -> Refusal:
    before = Deployment.objects.count(), AuditEvent.objects.count()
    with pytest.raises(Refusal) as caught:
        world.request("1.2.0", **more)
    assert (Deployment.objects.count(), AuditEvent.objects.count()) == before
    return caught.value


def order_of(world, row) -> tuple[str, str]:
    verdict = decide(world.fresh(row), SYSTEM, now())
    (check,) = [check for check in verdict.checks if check.name == "order"]
    return str(check.state), " ".join(reason.text for reason in check.reasons)


def test_where_no_path_is_defined_it_is_refused_and_breaking_the_glass_is_named(world):
    refusal = refused(world, expedited=True)
    assert (refusal.status, refusal.code) == (422, "expedited_not_defined")
    assert refusal.errors[0]["pointer"] == "/expedited"
    assert "breaks the glass" in refusal.detail


def test_a_path_to_another_place_is_no_path(world):
    world.define_path("staging", skip=("dev",))
    assert refused(world, expedited=True).code == "expedited_not_defined"


def test_it_skips_what_the_pipeline_names_and_nobody_who_does_not_ask_for_it_does(world):
    world.define_path()
    assert refused(world).reasons[0]["code"] == "not_promoted_from"
    row = world.request("1.2.0", expedited=True)
    assert (row.expedited, row.skipped_stages) == (True, ["staging"])
    assert order_of(world, row) == ("pass", "Expedited: staging is skipped; 1.2.0 has succeeded in dev.")
    event = only_event("deployment.requested")
    assert event["data"]["expedited"] == ["staging"]
    assert History.objects.get(pk=row.pk).expedited == "yes, skipped staging"


def test_what_is_not_named_is_asked_for(world):
    world.define_path()
    world.release("1.3.0")
    with pytest.raises(Refusal) as caught:
        world.request("1.3.0", expedited=True)
    assert [reason["code"] for reason in caught.value.reasons] == ["not_promoted_from"]
    assert "dev" in caught.value.detail


def test_the_usual_request_says_nothing_of_it(world):
    world.define_path()
    row = world.request("1.1.0")
    assert (row.expedited, row.skipped_stages) == (False, None)
    assert "expedited" not in only_event("deployment.requested")["data"]
    assert History.objects.get(pk=row.pk).expedited == "no"
    assert order_of(world, row) == ("pass", "")


@pytest.mark.parametrize("first", [True, False])
def test_while_one_is_open_the_other_way_is_a_conflict(world, first):
    world.define_path()
    row = world.request("1.1.0", expedited=first)
    assert world.request("1.1.0", expedited=first).pk == row.pk
    with pytest.raises(Refusal) as caught:
        world.request("1.1.0", expedited=not first)
    refusal = caught.value
    assert (refusal.status, refusal.code) == (409, "open_request_differs")
    assert (refusal.errors[0]["pointer"], refusal.extra["deployment"]) == ("/expedited", row.pk)
    assert world.fresh(row).expedited is first


def test_a_path_asks_more_people_and_never_fewer_where_the_environment_says_nothing(world):
    world.define_path(slots=[{"group": "release-managers", "count": 1}])
    row = world.asked("1.2.0", expedited=True)
    assert row.approval.gate["slots"] == [*USUAL, *MANAGERS]
    assert Step.objects.get(deployment=row, kind="gate").state == "waiting"


def test_where_the_environment_says_so_other_people_are_asked(world):
    world.change_gate("prod", expedited_slots=[{"group": "release-managers", "count": 2}])
    world.define_path()
    usual = world.asked("1.1.0")
    assert usual.approval.gate["slots"] == USUAL
    urgent = world.asked("1.2.0", expedited=True)
    assert urgent.approval.gate["slots"] == [{"group": "release-managers", "count": 2}]
    for name in ("rita", "rosa"):
        world.vote(urgent, name)
    assert world.start(urgent).state == "running"


def test_a_vote_for_the_usual_request_counts_for_no_expedited_one(world):
    """The same release, place, plan, people and versions: another request and another content."""
    world.define_path()
    usual = world.approved("1.1.0")
    seen = usual.approval.content_hash
    cancel(actor=world.actor("dana"), deployment_id=usual.pk, reason="It is urgent now.")
    urgent = world.asked("1.1.0", expedited=True)
    assert urgent.approval_id != usual.approval_id
    assert urgent.approval.content_hash != seen
    assert urgent.approval.subject["parameters"].pop("expedited") is True
    changed = {k: v for k, v in urgent.approval.subject.items() if v != usual.approval.subject[k]}
    assert changed == {}, "nothing else tells them apart"
    for target, code in ((urgent, "content_changed"), (usual, "not_open")):
        with pytest.raises(Refusal) as caught:
            cast_vote(
                actor=world.actor("rita"),
                request_id=target.approval_id,
                decision="approve",
                content_hash=seen,
                comment="",
            )
        assert caught.value.code == code
    assert not Vote.objects.filter(request=urgent.approval).exists()
    assert world.start(urgent).state == "needs_approval"


def test_a_usual_request_that_somebody_marks_past_the_product_starts_nothing(world):
    world.define_path()
    row = world.approved("1.1.0")
    Deployment.objects.filter(pk=row.pk).update(skipped_stages=["staging"])
    assert world.start(row).state != "running"
    assert world.settle(row).approval.state == "void"
    assert set(Vote.objects.values_list("void", flat=True)) == {True}


def test_a_path_that_is_taken_away_before_the_start_ends_the_request(world):
    world.define_path()
    row = world.asked("1.2.0", expedited=True)
    for name in ("rita", "omar"):
        world.vote(row, name)
    world.undefine_paths()
    assert world.start(row).state != "running"
    row = world.settle(row)
    assert (row.state, [reason["code"] for reason in row.reasons]) == ("rejected", ["expedited_not_defined"])
    assert (row.expedited, row.started_at) == (True, None)


def test_the_start_keeps_what_it_went_past_and_tells_the_log(world):
    world.define_path()
    row = world.asked("1.2.0", expedited=True)
    world.define_path(skip=("dev", "staging"))
    row = world.plan(row)
    for name in ("rita", "omar"):
        world.vote(row, name)
    row = world.start(row)
    assert (row.state, row.skipped_stages) == ("running", ["dev", "staging"])
    assert only_event("deployment.running")["data"]["expedited"] == ["dev", "staging"]
    (kept,) = [check for check in row.checks if check["name"] == "order"]
    assert kept["note"] == "Expedited: dev and staging are skipped; no stage before is asked for."
    assert History.objects.get(pk=row.pk).expedited == "yes, skipped dev, staging"


def test_the_precheck_answers_as_the_request_would(world):
    world.define_path()
    release, place = world.get_release("1.2.0"), Environment.objects.get(pk="prod")
    assert subject_for(release, place, expedited=True) == Candidate(release, place, expedited=True)
    assert decide(subject_for(release, place), SYSTEM, now()).reasons[0].code == "not_promoted_from"
    assert decide(subject_for(release, place, expedited=True), SYSTEM, now()).word == "wait"
    world.undefine_paths()
    verdict = decide(subject_for(release, place, expedited=True), SYSTEM, now())
    assert [reason.code for reason in verdict.reasons] == ["expedited_not_defined"]


def test_what_is_bound_is_the_closed_list_and_says_it_was_expedited(world):
    world.define_path()
    row = world.asked("1.2.0", expedited=True)
    loaded = with_everything(Deployment.objects.filter(pk=row.pk)).get()
    stage = {"target": {"kind": "cloudformation-stack", "stack": "s"}}
    version = row.pipeline_version
    bound = subject_of(loaded, stage=stage, pipeline=version, gate_version=1)
    assert set(bound) == set(row.approval.subject)
    assert bound["parameters"] == {"target": {"stack": "s"}, "request": {}, "expedited": True}
