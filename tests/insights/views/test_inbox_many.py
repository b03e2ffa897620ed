"""The inbox with more open requests than anybody decides in a day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalRequest, Vote
from deployments.models import Deployment
from insights.reads.inbox import read_inbox
from kernel.clock import now
from pipelines.models import Environment
from tests.insights.browser import frame


def many(world, number: int) -> None:
    """`number` open requests of the same release, each in an environment of its own."""
    deployment = world.asked()
    approval, prod = deployment.approval, deployment.environment
    for index in range(number):
        place = Environment.objects.create(
            name=f"shop-{index}",
            account=prod.account,
            region=prod.region,
            rank=1000 + index,
            default_open=True,
            gate=prod.gate,
            created_at=now(),
        )
        request = ApprovalRequest.objects.create(
            release=approval.release,
            environment=place,
            deployment="",
            subject=approval.subject,
            content_hash=approval.content_hash,
            state="open",
            gate=approval.gate,
            opened_at=now(),
        )
        row = Deployment.objects.create(
            application_id="payments",
            environment=place,
            release=approval.release,
            version="1.1.0",
            state="needs_approval",
            requested_by_name="dana",
            requested_by_tag="user:per_dana",
            requested_at=now(),
            approval=request,
        )
        ApprovalRequest.objects.filter(pk=request.pk).update(deployment=row.pk)
        Vote.objects.create(
            request=request,
            person_id=world.actor("omar").person_id,
            decision="approve",
            content_hash=request.content_hash,
            method="session",
            groups=["payments-owners"],
            at=now(),
        )


@pytest.mark.parametrize("number", [2, 60])
def test_eight_queries_are_enough_for_any_number_of_rows(world, rita, omar, number):
    many(world, number)
    answer = rita.get("/inbox")
    assert answer.text.count("1 of 2 keys") == number
    assert answer.queries <= 8
    page = frame("omar")
    with CaptureQueriesContext(connection) as counted:
        assert len(read_inbox(page).others) == number
    assert len(counted) <= 8


def test_of_very_many_requests_those_that_lapse_soonest_are_shown_and_it_says_that_there_are_more(
    world, rita
):
    many(world, 90)
    soon = Deployment.objects.get(environment="shop-89")
    ApprovalRequest.objects.filter(pk=soon.approval_id).update(expires_at=now() + timedelta(minutes=90))
    answer = rita.get("/inbox")
    assert answer.queries <= 8
    assert answer.text.count("of 2 keys") == 80
    assert answer.html.index("→ shop-89") < answer.html.index("→ shop-0")
    assert "There are more open requests than these" in answer.text
    assert 'id="inbox-count">80+<' in answer.html
    assert 'id="inbox-count">80+<' in rita.get("/board").html
    beyond = next(n for n in range(90) if f"→ shop-{n}<" not in answer.html)
    narrowed = rita.get("/inbox", environment=f"shop-{beyond}")
    assert f"→ shop-{beyond}<" in narrowed.html
    assert "There are more" not in narrowed.text


def test_requests_of_other_groups_take_nobodys_place(world, rita):
    """Ninety that lapse sooner and ask for a group of others: the one that is hers is shown, and counted."""
    many(world, 90)
    gate = {**ApprovalRequest.objects.first().gate, "slots": [{"group": "payments-owners", "count": 2}]}
    others = ApprovalRequest.objects.filter(environment__name__startswith="shop-")
    others.update(gate=gate, expires_at=now() + timedelta(hours=2))
    answer = rita.get("/inbox")
    assert answer.text.count("of 2 keys") == 1
    assert 'id="inbox-count">1<' in answer.html
    assert "There are more" not in answer.text
