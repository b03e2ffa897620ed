"""What a deployment leaves behind holds no key, however its log arrives."""

import pytest
from django.db.models import F

from deployments.engine import journal
from deployments.models import Deployment, DeploymentLog
from kernel.clock import now
from kernel.refusals import LostRace
from tests.deployments.world import World

BODY = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCcanary1", "b3BlbnNzaC1yZXktdjEAcanary2=="]
KEY = ["-----BEGIN PRIVATE KEY-----", *BODY, "-----END PRIVATE KEY-----"]


@pytest.fixture
def row(transactional_db):
    return World.make(stages={"dev": {}}).request("1.0.0", "dev")


def stored(row) -> str:
    return "".join(
        DeploymentLog.objects.filter(deployment=row).order_by("offset").values_list("text", flat=True)
    )


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_a_key_is_masked_in_whatever_pieces_the_log_is_appended(row, size):
    lines = ["before", *KEY, "after"]
    for start in range(0, len(lines), size):
        journal.log(row, lines[start : start + size], now())
    text = stored(row)
    assert "canary" not in text
    assert "PRIVATE KEY" not in text
    assert [text.count(word) for word in (" before\n", " after\n")] == [1, 1]


def test_what_we_say_after_an_unfinished_key_is_kept(row):
    journal.log(row, KEY[:2], now())
    journal.log(row, ["smoke #1: ended FAILED."], now())
    assert "canary" not in stored(row)
    assert stored(row).endswith(" smoke #1: ended FAILED.\n")


def test_notes_of_a_worker_that_was_overtaken_are_not_kept(row):
    step = journal.step_of(row, "plan")
    journal.set_data(row, step, {"mine": 1})
    Deployment.objects.filter(pk=row.pk).update(lease_epoch=F("lease_epoch") + 1)
    with pytest.raises(LostRace):
        journal.set_data(row, step, {"mine": 2})
    assert (step.data, journal.step_of(row, "plan").data) == ({"mine": 1}, {"mine": 1})


def test_pieces_follow_each_other_without_a_gap(row):
    for lines in (["one"], [], [""], ["two\nthree"]):
        journal.log(row, lines, now())
    rows = DeploymentLog.objects.filter(deployment=row).order_by("offset")
    at = 0
    for piece in rows:
        assert piece.offset == at
        at += len(piece.text)
    assert [line[21:] for line in stored(row).splitlines()] == ["one", "two", "three"]
