"""Within one moment the log's own order counts."""

import re

from audit.actions.append import append
from audit.models import AuditEvent, Leaf
from tests.database import as_owner
from tests.deployments.world import SYSTEM


def test_the_audit_page_and_the_timeline_follow_the_leaves(world, aude):
    deployment = world.asked()
    subject = f"deployment:{deployment.pk}"
    for number in (1, 2, 3):
        append(
            kind="deployment.cancel_requested",
            actor=SYSTEM,
            subject=subject,
            application="payments",
            private={"reason": f"said {number}"},
        )
    rows = list(AuditEvent.objects.filter(subject=subject, kind="deployment.cancel_requested").order_by("id"))
    with as_owner():  # the application itself may not write leaves
        for event, leaf in zip(rows, (901, 903, 902), strict=True):
            Leaf.objects.create(leaf_index=leaf, event=event, leaf_hash=b"0" * 32)
    page = aude.get("/audit", kind="deployment.cancel_requested", subject=subject).html
    assert re.findall(r"<div class=\"audit-leaf\">leaf (\d+)", page) == ["903", "902", "901"]
    said = re.findall(r"said (\d)", aude.get(f"/deployments/{deployment.pk}").html)
    by_leaf = [rows[1], rows[2], rows[0]]
    expected = [event.openings.get(field="reason").value.removeprefix("said ") for event in by_leaf]
    assert said == expected
