"""`PATCH /deployments/{id}`: planned again, votes void at once, the approval's id kept."""

import pytest

from approvals.models import ApprovalRequest, Vote
from deployments.models import Deployment
from tests.teams.callers import as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world):
    return world.asked()


def world_is_as_before(asked) -> bool:
    return Deployment.objects.get(pk=asked.pk).parameters == {}


class TestPatch:
    def test_the_requesters_change_voids_the_votes_names_the_field_and_keeps_the_id(self, world, asked):
        world.vote(asked, "rita")
        old = asked.approval.content_hash
        answer = as_person("dana").patch(f"/deployments/{asked.pk}", {"parameters": {"Stage": "blue"}})
        body = answer.json()
        assert (answer.status_code, body["parameters"]) == (200, {"Stage": "blue"})
        assert (body["approval"]["id"], body["approval"]["state"]) == (asked.approval_id, "void")
        assert body["approval"]["content_hash"] != old
        assert body["plan"] == {"state": "not_computed", "digest": None, "changes": []}
        vote = Vote.objects.get()
        assert (vote.void, vote.changed_fields) == (True, ["parameters", "plan_digest"])
        assert only_event("approval.voided")["data"]["changed_fields"] == ["parameters", "plan_digest"]
        assert only_event("deployment.changed")["data"]["parameters"] == ["Stage"]

    def test_planned_again_it_asks_for_new_votes_on_the_new_content(self, world, asked):
        world.vote(asked, "rita")
        as_person("dana").patch(f"/deployments/{asked.pk}", {"parameters": {"Stage": "blue"}})
        row = world.plan(asked)
        assert (row.state, row.approval_id, row.approval.state) == (
            "needs_approval",
            asked.approval_id,
            "void",
        )
        assert row.approval.subject["parameters"]["request"] == {"Stage": "blue"}
        assert [reason["code"] for reason in row.reasons] == [
            "approval_void",
            "approval_needed",
            "approval_needed",
        ]
        assert world.vote(asked, "rita").state == "open"
        assert world.vote(asked, "omar").state == "satisfied"

    def test_a_vote_on_the_old_content_is_refused_at_once(self, world, asked):
        as_person("dana").patch(f"/deployments/{asked.pk}", {"parameters": {"Stage": "blue"}})
        body = {"decision": "approve", "content_hash": asked.approval.content_hash}
        answer = as_person("rita").post(f"/approvals/{asked.approval_id}/votes", body)
        assert problem(answer)[:2] == (409, "content_changed")
        assert answer.json()["changed_fields"] == ["parameters", "plan_digest"]
        assert Vote.objects.count() == 0

    def test_the_same_parameters_change_nothing(self, world, asked):
        world.vote(asked, "rita")
        answer = as_person("dana").patch(f"/deployments/{asked.pk}", {"parameters": {}})
        assert (answer.status_code, answer.json()["approval"]["state"]) == (200, "open")
        assert Vote.objects.get().void is False
        assert events("deployment.changed") == events("approval.voided") == []

    @pytest.mark.parametrize(("who", "status"), [("dave", 403), ("rita", 403), ("zoe", 404)])
    def test_nobody_else_changes_it(self, asked, who, status):
        answer = as_person(who).patch(f"/deployments/{asked.pk}", {"parameters": {"Stage": "x"}})
        assert answer.status_code == status
        assert world_is_as_before(asked)

    @pytest.mark.parametrize(
        "body", [{}, {"parameters": None}, {"parameters": {"K": "ASIAIOSFODNN7EXAMPLE"}}]
    )
    def test_a_wrong_body_changes_nothing(self, asked, body):
        assert as_person("dana").patch(f"/deployments/{asked.pk}", body).status_code == 422
        assert world_is_as_before(asked)

    def test_after_the_start_it_is_too_late(self, world):
        row = world.running()
        answer = as_person("dana").patch(f"/deployments/{row.pk}", {"parameters": {"Stage": "x"}})
        assert problem(answer)[:2] == (409, "already_started")
        assert (world.fresh(row).parameters, ApprovalRequest.objects.get().state) == ({}, "consumed")
