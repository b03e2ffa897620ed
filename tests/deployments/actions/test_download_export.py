"""The file of an export goes to whoever asked, while they may see what is in it, for a day."""

import pytest

from deployments.actions.download_export import download_export
from deployments.actions.make_export import make_export
from deployments.actions.request_export import request_export
from deployments.exports.columns import Filters
from deployments.models import Export
from kernel.clock import raw_now
from kernel.refusals import NotFound, Refusal
from teams.models import TeamMembership
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path


def made(world, username="aude", applications=None) -> Export:
    filters = Filters(applications=applications)
    export = request_export(actor=world.actor(username), filters=filters, kind="csv")
    make_export(export.pk, worker="w:1")
    export.refresh_from_db()
    return export


def test_whoever_asked_gets_it_and_that_is_on_record(world):
    export = made(world)
    path = download_export(actor=world.actor("aude"), export_id=export.pk)
    assert path.stat().st_size == export.size
    event = only_event("export.downloaded")
    assert event["subject"] == f"export:{export.pk}"
    assert event["data"] == {"format": "csv", "rows": export.rows, "digest": export.digest}


@pytest.mark.parametrize("other", ["rita", "admin", "zoe"])
def test_to_everybody_else_it_does_not_exist(world, other):
    export = made(world)
    with pytest.raises(NotFound):
        download_export(actor=world.actor(other), export_id=export.pk)
    assert events("export.downloaded") == []


def test_who_may_no_longer_see_what_is_in_it_does_not_get_it(world):
    export = made(world, "dana", frozenset({"payments"}))
    assert download_export(actor=world.actor("dana"), export_id=export.pk).exists()
    TeamMembership.objects.filter(person__username="dana").update(until=raw_now())
    with pytest.raises(NotFound):
        download_export(actor=world.actor("dana"), export_id=export.pk)
    everything = made(world, "dave", None)
    with pytest.raises(NotFound):
        download_export(actor=world.actor("dave"), export_id=everything.pk)


def test_before_it_is_done_and_after_its_day_it_is_refused(world):
    export = made(world)
    aude = world.actor("aude")
    Export.objects.update(expires_at=raw_now())
    with pytest.raises(Refusal) as refusal:
        download_export(actor=aude, export_id=export.pk)
    assert (refusal.value.status, refusal.value.code) == (410, "export_expired")
    Export.objects.update(digest="", ended_at=None, expires_at=None)
    with pytest.raises(Refusal) as refusal:
        download_export(actor=aude, export_id=export.pk)
    assert (refusal.value.status, refusal.value.code) == (409, "export_not_ready")
    assert events("export.downloaded") == []
