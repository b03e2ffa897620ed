"""What is collected for the rules, and that it is read in few queries."""

from datetime import timedelta

import pytest

from builds.models import Build
from deployments.decision import subject_for
from deployments.facts import Candidate, collect, pool_alive
from deployments.models import Deployment, Worker
from deployments.states import State
from kernel.clock import now, raw_now
from kernel.verdicts import CheckState
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import Account, Environment
from tests.deployments.sources import pipeline_source
from tests.deployments.world import SYSTEM

pytestmark = pytest.mark.django_db


def candidate(world, version="1.1.0", environment="prod") -> Candidate:
    place = Environment.objects.select_related("account").get(pk=environment)
    return Candidate(world.get_release(version), place)


def facts(world, subject=None, **more):
    return collect(subject or candidate(world, **more), now())


def test_a_candidate_is_hypothetical_and_has_no_plan(world):
    found = facts(world)
    assert (found.hypothetical, found.plan_state, found.returning) == (True, "not_computed", False)
    assert (found.application, found.version, found.environment) == ("payments", "1.1.0", "prod")
    assert (found.previous, found.protected, found.pool, found.pool_alive) == ("staging", True, "main", True)
    assert found.previous_at == Deployment.objects.get(version="1.1.0", environment_id="staging").ended_at
    assert found.artifacts == (
        ("template", "verified", ""),
        ("function", "verified", ""),
        ("tests", "verified", ""),
    )


def test_the_first_stage_has_none_before(world):
    found = facts(world, environment="dev")
    assert (found.previous, found.previous_at, found.people.state) == (None, None, CheckState.PASS)


def test_only_success_of_the_same_release_counts_for_the_order(world):
    world.release("1.2.0")
    assert facts(world, version="1.2.0").previous_at is None
    row = world.asked("1.2.0", "dev")
    assert facts(world, version="1.2.0", environment="staging").previous_at is None
    done = world.move(world.start(row), State.VERIFYING, State.SUCCEEDED)
    assert facts(world, version="1.2.0", environment="staging").previous_at == done.ended_at


def test_an_approved_request_whose_stage_was_taken_away_has_none(world):
    approved = world.approved()
    source = pipeline_source("payments", {"dev": {}, "staging": {}})
    save_pipeline(actor=SYSTEM, application="payments", source=source, version=1)
    found = facts(world, world.fresh(approved))
    assert (found.stage, found.people.state) == (None, CheckState.PASS)


def test_withdrawal_of_the_build_or_the_release_is_seen(world):
    Build.objects.filter(version="1.1.0").update(withdrawn_at=now(), withdrawn_reason="Wrong rounding.")
    found = facts(world)
    assert (found.withdrawn, found.withdrawn_reason) == (True, "Wrong rounding.")


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (None, None),
        ({"suites": [], "problems": [{"detail": "line 3: no suites"}]}, "no suites"),
        ({"suites": [{"name": "s", "environments": ["dev"]}], "problems": []}, "names no suite"),
        ({"suites": [{"name": "s", "environments": ["prod"]}], "problems": []}, None),
        ({"suites": [{"name": "s", "environments": None}], "problems": []}, None),
    ],
)
def test_what_is_wrong_with_the_tests(world, spec, problem):
    Build.objects.filter(version="1.1.0").update(test_spec=spec)
    found = facts(world).test_problem
    assert found is None if problem is None else problem in found


def test_a_build_without_tests_says_so(world):
    Build.objects.get(version="1.1.0").artifacts.filter(kind="test-bundle").update(kind="file")
    assert facts(world).test_problem == "the build has no test-bundle."


@pytest.mark.parametrize(("environment", "seen"), [("prod", True), ("dev", False)])
def test_an_account_without_external_id_counts_on_protected_environments(world, environment, seen):
    checks = [{"name": "assume", "state": "pass"}, {"name": "external_id_required", "state": "fail"}]
    Account.objects.update(test_result={"checks": checks})
    assert (facts(world, environment=environment).account_unproved is not None) is seen


def test_a_pool_lives_as_long_as_a_worker_says_so(world, settings):
    assert pool_alive("main") is True
    assert pool_alive("other") is False
    Worker.objects.update(seen_at=raw_now() - timedelta(seconds=settings.WORKER_ALIVE_SECONDS + 1))
    assert pool_alive("main") is False
    Worker.objects.create(name="all", pool="*", started_at=raw_now(), seen_at=raw_now())
    assert pool_alive("main") is True


class TestPeople:
    def test_what_was_approved_passes(self, world):
        assert facts(world, world.approved()).people.state == CheckState.PASS

    def test_content_that_changed_without_a_word_is_void_at_once(self, world):
        row = world.approved()
        Deployment.objects.filter(pk=row.pk).update(plan_digest="sha256:" + "9" * 64)
        check = facts(world, world.fresh(row)).people
        assert (check.state, [r.code for r in check.reasons]) == (CheckState.WAIT, ["approval_void"])
        assert check.reasons[0].object == f"approval:{row.approval_id}"

    def test_another_role_or_gate_is_other_content(self, world):
        row = world.approved()
        Account.objects.filter(alias="prod").update(deploy_role_arn="arn:aws:iam::333333333333:role/other")
        assert facts(world, world.fresh(row)).people.reasons[0].code == "approval_void"

    def test_a_raised_gate_version_is_other_content(self, world):
        row = world.approved()
        world.change_gate("prod", comment="required")
        assert facts(world, world.fresh(row)).people.reasons[0].code == "approval_void"


class TestLanes:
    def second(self, world, **more) -> Deployment:
        world.release("1.2.0")
        world.runs("1.2.0", "staging")
        return world.asked("1.2.0", **more)

    def test_who_runs_there_holds_it(self, world):
        running = world.running()
        assert facts(world, self.second(world)).lane_holder == (running.pk, "1.1.0", "running")
        assert facts(world, running).lane_holder is None

    def test_waiting_for_people_blocks_nobody(self, world):
        world.asked()
        found = facts(world, self.second(world))
        assert (found.lane_holder, found.lane_ahead, found.lane_rejects) == (None, None, None)

    def test_in_a_queue_the_earlier_one_that_waits_for_time_goes_first(self, world):
        Environment.objects.filter(pk="prod").update(lane="queue")
        first = world.asked()
        second = self.second(world)
        assert facts(world, second).lane_ahead is None
        Deployment.objects.filter(pk=first.pk).update(state="waiting", waiting_for="window")
        assert facts(world, second).lane_ahead == (first.pk, "1.1.0")
        assert facts(world, world.fresh(first)).lane_ahead is None

    def test_a_lane_that_rejects_names_the_open_one_to_candidates_only(self, world):
        Environment.objects.filter(pk="prod").update(lane="reject")
        first = world.asked()
        world.release("1.2.0")
        assert facts(world, version="1.2.0").lane_rejects == f"1.1.0 ({first.pk})"
        assert facts(world, first).lane_rejects is None


def test_the_number_of_queries_does_not_grow_with_what_is_open(world, django_assert_max_num_queries):
    asked = world.asked()
    release = world.get_release("1.1.0")
    with django_assert_max_num_queries(15):
        collect(subject_for(release, asked.environment), now())
