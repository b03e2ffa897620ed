"""No event, no change: while the log cannot be written each call that changes something is 503, and changes nothing."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection

from kernel.models import IdempotentAnswer
from tests.teams.callers import as_administrator, as_person, problem

pytestmark = pytest.mark.django_db
PAIR = {"application": "payments", "version": "1.1.0", "environment": "prod"}
FREEZE = {
    "name": "Year end",
    "scope": {},
    "timezone": "UTC",
    "start": "2026-12-20T00:00:00",
    "end": "2027-01-04T00:00:00",
    "reason": "Nobody is here.",
    "contact": "rita",
}


def refusing():
    """Inside, the database refuses every event, as it would on a full disk."""

    def wrapper(execute, sql, params, many, context):
        if 'INSERT INTO "audit_auditevent"' in sql:
            raise IntegrityError("disk full")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(wrapper)


def everything() -> dict:
    """Every row of every table of ours, but when a token was last used and how often somebody asked."""
    ours = ("approvals", "audit", "builds", "deployments", "pipelines", "releases", "teams")
    models = [m for m in apps.get_models() if m._meta.app_label in ours and m.__name__ != "ApiToken"]
    return {m._meta.label: list(m.objects.order_by("pk").values_list()) for m in models}


def calls(world) -> dict:
    """Name → (caller, path, body)."""
    asked = world.asked()
    vote = {"decision": "approve", "content_hash": asked.approval.content_hash}
    rita, dana, admin = as_person("rita"), as_person("dana"), as_administrator()
    return {
        "vote": (rita, f"/approvals/{asked.approval_id}/votes", vote),
        "refused vote": (dana, f"/approvals/{asked.approval_id}/votes", vote),
        "request": (dana, "/deployments", {**PAIR, "environment": "dev"}),
        "denied request": (dana, "/deployments", {**PAIR, "version": "1.2.0"}),
        "cancel": (dana, f"/deployments/{asked.pk}/cancel", {"reason": "Not today."}),
        "freeze": (rita, "/freezes", FREEZE),
        "team": (admin, "/teams", {"name": "new", "members": []}),
    }


@pytest.mark.parametrize(
    "name", ["vote", "refused vote", "request", "denied request", "cancel", "freeze", "team"]
)
def test_without_its_event_nothing_is_done_and_the_answer_is_503(world, name):
    world.release("1.2.0")
    caller, path, body = calls(world)[name]
    before = everything()
    with refusing():
        answer = caller.post(path, body, headers={"Idempotency-Key": "k"})
    assert problem(answer)[:2] == (503, "audit_unavailable")
    assert "disk full" not in answer.content.decode()
    assert everything() == before
    assert not IdempotentAnswer.objects.exists()
    again = caller.post(path, body, headers={"Idempotency-Key": "k"})
    assert again.status_code in (200, 201, 202, 403, 409)
    assert everything() != before
