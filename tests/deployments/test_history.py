"""The row that leaves in exports: written with every change, blank nowhere by accident (F07)."""

from datetime import timedelta

import pytest

from builds.models import Evidence
from deployments import history
from deployments.exports.columns import COLUMNS
from deployments.models import Deployment, History
from deployments.states import State
from kernel.clock import now
from kernel.verdicts import wire_time
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from pipelines.models import Window
from teams.actions.set_group_members import set_group_members
from tests.deployments.world import SYSTEM
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def stored(row) -> History:
    return History.objects.get(pk=row.pk)


def evidence(row, subject, at=None, **values) -> Evidence:
    summary = {"tests": 5, "passed": 4, "failed": 1}
    defaults = {"kind": "junit", "name": "smoke", "state": "parsed", "verdict": "fail", "summary": summary}
    return Evidence.objects.create(
        build=row.release.build,
        subject=subject,
        digest="sha256:" + "1" * 64,
        size=1,
        posted_by="system:worker",
        created_at=now() if at is None else at,
        **{**defaults, **values},
    )


def test_a_new_request_says_what_is_not_known_yet(world):
    row = stored(world.request())
    assert (row.state, row.outcome, row.requested_by) == ("requested", "requested", "dana")
    missing = (
        "reason",
        "approvals",
        "window",
        "evidence",
        "aws_identity",
        "plan",
        "tests",
        "previous_version",
    )
    assert {getattr(row, name) for name in missing} == {"not recorded"}
    assert (row.gate_version, row.content_hash) == ("no gate", "no gate")
    assert (row.account, row.region) == ("333333333333", "eu-west-1")
    assert row.artifacts.startswith("template sha256:aaaa")


def test_no_text_is_ever_blank(world):
    baseline = Deployment.objects.filter(kind="baseline").first()
    for row in (stored(world.succeeded()), stored(baseline)):
        blank = [name for name, kind in COLUMNS if kind == "text" and getattr(row, name) == ""]
        assert blank == []
        assert row.rolled_back_to == "not rolled back"


def test_stable_ids_stand_beside_the_names(world):
    row = world.running()
    found = stored(row)
    assert (found.release, found.build, found.approval) == (
        row.release_id,
        row.release.build_id,
        row.approval_id,
    )
    assert found.requester == f"user:{row.requested_by_id}"
    assert found.pipeline_version == str(row.pipeline_version.number)
    assert (found.review, found.break_glass) == ("none needed", False)
    Deployment.objects.filter(pk=row.pk).update(break_glass=True)
    history.record(world.fresh(row))
    assert stored(row).review == "not recorded", "no review is claimed for a bypass"


def test_why_each_vote_counted_is_kept_as_it_was_at_the_start(world):
    asked = world.asked()
    world.vote(asked, "rosa")
    kept_out = "kept out: author, requester, submitter"
    assert stored(asked).eligibility == f"rosa (payments-owners, release-managers); {kept_out}"
    world.vote(asked, "rita")
    row = world.start(asked)
    words = "rosa (payments-owners, release-managers) filled payments-owners; "
    words += f"rita (release-managers) filled release-managers; {kept_out}"
    assert stored(row).eligibility == words
    set_group_members(actor=SYSTEM, name="payments-owners", members=["omar"])
    world.move(row, State.VERIFYING)
    assert stored(row).eligibility == words
    assert stored(world.request("1.0.0")).eligibility == "not recorded"


def test_the_window_is_named_with_its_version_at_the_start_whatever_becomes_of_it(world):
    always = {"timezone": "UTC", "rrule": "FREQ=DAILY", "start": "2026-01-01T00:00:00", "duration": 86_400}
    window = create_window(actor=SYSTEM, name="Always", scope={"environment": "prod"}, **always)
    row = world.running()
    words = f"open: window Always ({window.pk} version 1)"
    assert stored(row).window == words
    started = [e for e in events("deployment.running") if e["subject"] == f"deployment:{row.pk}"][-1]
    assert started["data"]["windows"] == [{"id": window.pk, "version": 1}]
    assert started["data"]["freezes"] == []
    Window.objects.filter(pk=window.pk).update(name="Renamed", version=2)
    world.move(row, State.VERIFYING)
    assert stored(row).window == words


def test_a_freeze_that_did_not_stop_it_is_named_too(world):
    at = now().replace(microsecond=0, tzinfo=None)
    span = {"start": (at - timedelta(hours=1)).isoformat(), "end": (at + timedelta(hours=1)).isoformat()}
    about = {"scope": {}, "timezone": "UTC", "reason": "Quarter end", "contact": "rita"}
    freeze = create_freeze(actor=SYSTEM, name="Tests", **span, **about, actions=["test"])
    row = stored(world.running())
    assert row.window == (
        f"open: open by default, no window names it; freeze Tests ({freeze.pk} version 1) in force, "
        "does not stop this"
    )


def test_what_started_before_this_was_kept_says_so(world):
    row = world.running()
    Deployment.objects.filter(pk=row.pk).update(start_record=None)
    history.record(world.fresh(row))
    assert stored(row).window == "not recorded"


def test_votes_are_written_with_group_time_and_comment(world):
    asked = world.asked()
    vote = world.vote(asked, "rita", comment="Looks right to me.").vote
    row = stored(asked)
    assert row.approvals == f"rita (release-managers) approve {wire_time(vote.at)}: Looks right to me."
    assert (row.gate_version, row.content_hash) == ("1", asked.approval.content_hash)
    world.vote(asked, "omar")
    assert stored(asked).approvals.count("; ") == 1


def test_a_withdrawn_vote_does_not_stand_in_it(world):
    asked = world.asked()
    world.vote(asked, "rita")
    world.vote(asked, "rita", "withdraw")
    assert stored(asked).approvals == "none yet"


def test_a_rejection_is_written(world):
    asked = world.asked()
    world.vote(asked, "omar", "reject", "The limit is wrong.")
    row = stored(asked)
    assert (row.state, row.outcome) == ("rejected", "rejected")
    assert "omar (payments-owners) reject" in row.approvals
    assert row.approvals.endswith(": The limit is wrong.")


def test_a_baseline_claims_nothing(world):
    row = stored(Deployment.objects.filter(kind="baseline").first())
    assert (row.approvals, row.window, row.kind) == (
        "none claimed (baseline)",
        "not asked (baseline)",
        "baseline",
    )


def test_without_a_gate_nobody_was_needed(world):
    world.release("1.2.0")
    row = world.start(world.asked("1.2.0", "dev"))
    assert row.state == State.RUNNING
    assert (stored(row).approvals, stored(row).eligibility) == ("none needed", "none needed")
    assert stored(row).window == "open: open by default, no window names it"


def test_tests_and_evidence_are_named(world):
    row = world.running()
    unit = {"kind": "coverage", "verdict": "pass", "name": "unit"}
    # Two instants of one millisecond are equal on SQLite.
    of_build = evidence(row, f"build:{row.release.build_id}", now() - timedelta(seconds=1), **unit)
    of_run = evidence(row, f"deployment:{row.pk}")
    evidence(row, "deployment:dep_other")
    history.record(world.fresh(row))
    assert stored(row).evidence == f"{of_build.pk} coverage pass; {of_run.pk} junit fail"
    assert stored(row).tests == "smoke: 4/5 fail"


def test_a_rollback_names_where_it_went(world):
    row = world.move(world.running(), State.ROLLING_BACK, rolled_back_to="1.0.0")
    row = world.move(row, State.ROLLED_BACK)
    assert (stored(row).outcome, stored(row).rolled_back_to) == ("rolled back to 1.0.0", "1.0.0")


def test_what_ran_before_and_as_whom_is_written(world):
    row = world.running()
    arn = "arn:aws:sts::333333333333:assumed-role/deploy/rg-1"
    row = world.move(row, State.VERIFYING, aws_identity={"account": "333333333333", "arn": arn})
    assert (stored(row).previous_version, stored(row).aws_identity) == ("1.0.0", arn)
    assert stored(row).plan == row.plan_digest
