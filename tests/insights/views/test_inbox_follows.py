"""The inbox follows what others do: what they decided is gone at the next look."""

import re

from tests.insights.views.test_inbox import group


def test_what_somebody_else_decided_goes_away_by_itself(world, rita):
    deployment = world.asked()
    page = rita.get("/inbox")
    assert "payments 1.1.0" in group(page, "needs-you")
    version = re.search(r"\?v=([0-9a-f]+)", page.html).group(1)
    world.vote(deployment, "omar", "reject", "The ledger is not tested at all.")
    answer = rita.get("/inbox", htmx=True, v=version)
    assert "payments 1.1.0" not in group(answer, "needs-you")
    assert 'id="inbox-count">1<' not in rita.get("/board").html


def test_a_key_that_a_colleague_turned_goes_away_by_itself(world, rita):
    deployment = world.asked()
    version = re.search(r"\?v=([0-9a-f]+)", rita.get("/inbox").html).group(1)
    world.vote(deployment, "omar")
    world.vote(deployment, "rosa")
    assert "payments 1.1.0" not in group(rita.get("/inbox", htmx=True, v=version), "needs-you")
