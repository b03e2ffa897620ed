"""What nobody used in time is told in the inbox, to everybody it waited for."""

import pytest

from approvals.models import ApprovalRequest
from kernel.clock import now
from kernel.models import ClockOffset
from tests.insights.browser import Browser
from tests.insights.views.test_inbox import group


@pytest.mark.parametrize("turned", [True, False], ids=["keys turned", "no key"])
def test_what_lapsed_is_told_to_everybody_who_was_asked(world, zoe, turned):
    deployment = world.approved() if turned else world.asked()
    approval = ApprovalRequest.objects.get(pk=deployment.approval_id)
    lapse = approval.valid_until if turned else approval.expires_at
    assert lapse is not None
    ClockOffset.objects.create(seconds=int((lapse - now()).total_seconds()) + 1)
    assert world.settle(deployment).state == "expired"
    said = "All keys were turned and held until" if turned else "The keys did not come in time"
    for name in ("dana", "rita", "rosa", "omar", "olga"):
        answer = Browser(name).get("/inbox")
        decided = group(answer, "decided")
        assert "payments 1.1.0" in decided, name
        assert "Expired" in decided
        assert said in decided
        assert f'href="/deployments/{deployment.pk}"' in decided
        assert "payments" not in group(answer, "needs-you")
    for name in ("dave", "zoe"):
        assert "payments" not in group(Browser(name).get("/inbox"), "decided")
