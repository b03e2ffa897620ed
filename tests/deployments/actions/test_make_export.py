"""A worker writes a large export: whole, once, in the name of whoever asked; whoever dies is followed."""

import csv
import hashlib
from datetime import timedelta

import pytest

from deployments.actions import make_export as module
from deployments.actions.make_export import KEPT, MOST_ATTEMPTS, make_export
from deployments.actions.request_export import request_export
from deployments.actions.sweep import due_exports
from deployments.exports import store
from deployments.exports.columns import Filters
from deployments.models import Export
from kernel.clock import raw_now
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    return tmp_path / "exports"


def asked(world, kind="csv", **filters) -> Export:
    return request_export(actor=world.actor("aude"), filters=Filters(**filters), kind=kind)


def content(export: Export) -> bytes:
    export.refresh_from_db()
    return store.place(export.pk, export.lease_epoch, export.format).read_bytes()


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_file_is_what_a_streamed_export_would_be_and_the_row_proves_it(world, folder, kind):
    export = asked(world, kind, environment="prod")
    assert make_export(export.pk, worker="w:1") is True
    body = content(export)
    assert (export.rows, export.size) == (1, len(body))
    assert export.digest == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert export.expires_at - export.ended_at == KEPT == timedelta(hours=24)
    assert (export.lease_until, export.problem, due_exports()) == (None, "", [])
    assert b"by aude" in body and b"environment=prod" in body
    event = only_event("export.made")
    data = {"format": kind, "rows": 1, "size": len(body), "digest": export.digest}
    assert (event["subject"], event["outcome"], event["data"]) == (f"export:{export.pk}", "allowed", data)
    assert event["actor"]["id"] == world.actor("aude").person_id
    assert [path.name for path in folder.iterdir()] == [f"{export.pk}-1.{kind}"]


def test_only_what_the_caller_could_see_when_asking_is_in_it(world):
    export = asked(world, applications=frozenset({"other"}))
    make_export(export.pk, worker="w:1")
    lines = [line for line in content(export).decode().splitlines() if not line.startswith("#")]
    assert list(csv.DictReader(lines)) == []


def test_it_is_made_once(world):
    export = asked(world)
    assert make_export(export.pk, worker="w:1") is True
    assert make_export(export.pk, worker="w:2") is False
    assert make_export("exp_none", worker="w:2") is False
    assert len(events("export.made")) == 1


def test_while_one_worker_holds_it_no_other_begins(world):
    export = asked(world)
    Export.objects.update(lease_until=raw_now() + timedelta(seconds=9), lease_owner="w:1", attempts=1)
    assert due_exports() == []
    assert make_export(export.pk, worker="w:2") is False
    export.refresh_from_db()
    assert (export.ended_at, export.lease_owner) == (None, "w:1")


def test_what_a_dead_worker_left_is_made_anew_and_its_halves_go(world, folder):
    export = asked(world)
    folder.mkdir()
    (folder / f".{export.pk}-1.csv").write_bytes(b"half")
    (folder / f"{export.pk}-1.csv").write_bytes(b"whole, but the row does not say so")
    dead = {"lease_until": raw_now() - timedelta(seconds=1), "lease_owner": "w:1", "lease_epoch": 1}
    Export.objects.update(attempts=1, **dead)
    assert due_exports() == [export.pk]
    assert make_export(export.pk, worker="w:2") is True
    assert [path.name for path in folder.iterdir()] == [f"{export.pk}-2.csv"]


def test_a_worker_that_slept_through_its_lease_changes_nothing(world, folder, monkeypatch):
    export, write = asked(world), module._write

    def slow(row, path):
        written = write(row, path)
        Export.objects.update(lease_epoch=7)
        return written

    monkeypatch.setattr(module, "_write", slow)
    assert make_export(export.pk, worker="w:1") is False
    export.refresh_from_db()
    assert (export.ended_at, export.digest, list(folder.iterdir()), events("export.made")) == (
        None,
        "",
        [],
        [],
    )


def test_after_three_attempts_it_failed_and_says_so(world, folder):
    export = asked(world)
    folder.parent.joinpath("exports").write_text("a file where the folder should be")
    for _ in range(MOST_ATTEMPTS):
        assert due_exports() == [export.pk]
        assert make_export(export.pk, worker="w:1") is False
    assert make_export(export.pk, worker="w:1") is False
    export.refresh_from_db()
    assert export.ended_at and export.problem.startswith("It could not be made in 3 attempts")
    assert (export.digest, due_exports()) == ("", [])
    assert only_event("export.made")["outcome"] == "failed"


def test_the_lease_is_renewed_while_it_is_held_and_lost_when_it_is_not(world):
    export = asked(world)
    Export.objects.update(lease_epoch=2, lease_until=raw_now())
    module._renew(export.pk, 2)
    export.refresh_from_db()
    assert export.lease_until > raw_now()
    with pytest.raises(module.LostRace):
        module._renew(export.pk, 1)
