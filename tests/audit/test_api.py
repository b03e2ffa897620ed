"""The endpoints of the log, with who may and what is refused."""

import json

import pytest

from audit import api
from audit.models import AuditEvent
from cli import relgate
from tests import people
from tests.audit.log import ORIGIN, SIGNER, add, seal, sealed
from tests.teams.callers import Caller, as_application, as_person, problem

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ["/events", "/events.jsonl", "/checkpoint", "/key", "/leaves/0/proof", "/bundle"]


@pytest.fixture
def aude():
    return as_person("aude", roles=["auditor"])


def content(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def exports() -> list[dict]:
    return [json.loads(bytes(e.body)) for e in AuditEvent.objects.filter(kind="export.made").order_by("id")]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_without_a_login(path):
    sealed(1)
    assert problem(Caller().get(f"/audit{path}"))[:2] == (401, "not_authenticated")
    assert exports() == []


@pytest.mark.parametrize("path", PATHS)
def test_unknown_parameters_are_refused(aude, path):
    sealed(1)
    assert problem(aude.get(f"/audit{path}?colour=red"))[:2] == (422, "unknown_parameter")
    assert exports() == []


@pytest.mark.parametrize("path", ["/checkpoint", "/key", "/leaves/0/proof", "/bundle"])
def test_before_the_first_sealing_there_is_nothing(aude, path):
    assert problem(aude.get(f"/audit{path}"))[:2] == (404, "not_found")


def test_an_auditor_lists_all_newest_first_and_page_by_page(aude):
    made = [add(1, application="payments")[0] for _ in range(5)]
    seen, url = [], "/audit/events?limit=2&kind=build.received"
    while url:
        answer = aude.get(url).json()
        seen += [item["id"] for item in answer["items"]]
        url = answer["next"] and answer["next"].partition("/api/v1")[2]
    assert seen == sorted((event.pk for event in made), reverse=True)


def test_filters_of_the_list_are_those_of_the_contract(aude):
    add(1, actor=people.actor("dana"), kind="vote.cast", subject="approval:apr_1", environment="prod")
    add(1)
    for query in ("actor=dana", "kind=vote.cast", "subject=approval:apr_1", "environment=prod"):
        items = aude.get(f"/audit/events?{query}").json()["items"]
        assert [item["kind"] for item in items] == ["vote.cast"], query
        assert items[0]["actor"] == "dana"
    assert aude.get("/audit/events?from=2099-01-01T00:00:00Z").json()["items"] == []
    assert aude.get("/audit/events?to=2000-01-01T00:00:00Z").json()["items"] == []


@pytest.mark.parametrize("path", ["/events", "/events.jsonl", "/bundle"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "range_invalid"),
        ("from=2026-02-01T00:00:00", "offset_required"),
        ("to=yesterday", "time_invalid"),
    ],
)
def test_times_that_make_no_sense_are_refused(aude, path, query, code):
    sealed(1)
    assert problem(aude.get(f"/audit{path}?{query}"))[:2] == (422, code)
    assert exports() == []


def test_the_list_shows_the_place_once_it_is_sealed(aude):
    add(1)
    assert aude.get("/audit/events?kind=build.received").json()["items"][0]["leaf_index"] is None
    seal()
    assert isinstance(aude.get("/audit/events?kind=build.received").json()["items"][0]["leaf_index"], int)


def test_a_machine_sees_the_events_of_its_application_only():
    payments = as_application("payments")
    mine = add(1, application="payments")[0]
    add(1, application="storefront")
    items = payments.get("/audit/events?kind=build.received").json()["items"]
    assert [item["id"] for item in items] == [mine.pk]


def test_what_a_person_sees_is_asked_of_the_function_the_settings_name(settings, monkeypatch):
    settings.AUDIT_VISIBLE_APPLICATIONS = "tests.audit.test_api.only_payments"
    dana = as_person("dana")
    mine = add(1, application="payments")[0]
    add(1, application="storefront")
    shown = dana.get("/audit/events?kind=build.received").json()["items"]
    assert [item["id"] for item in shown] == [mine.pk]


def only_payments(actor):
    return frozenset({"payments"})


def test_without_that_function_a_person_sees_their_own_acts_alone(settings):
    settings.AUDIT_VISIBLE_APPLICATIONS = None
    dana = as_person("dana")
    add(1, application="payments")
    own = add(1, application="payments", actor=people.actor("dana"), kind="vote.cast")[0]
    shown = dana.get("/audit/events").json()["items"]
    assert [item["id"] for item in shown if item["kind"] in ("vote.cast", "build.received")] == [own.pk]


def test_lines_are_streamed_oldest_first_and_recorded(aude):
    made = [add(1)[0] for _ in range(3)]
    response = aude.get("/audit/events.jsonl?kind=build.received")
    assert response.streaming
    assert response["Content-Type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in content(response).splitlines()]
    assert [row["id"] for row in rows] == sorted(event.pk for event in made)
    (export,) = exports()
    assert (export["subject"], export["actor"]["id"]) == ("export:events.jsonl", "per_aude")
    assert export["data"] == {"filtered_by": ["kind"], "format": "jsonl"}


def test_the_checkpoint_and_the_key_are_text_that_verifies(aude):
    sealed(3)
    note, key = aude.get("/audit/checkpoint"), aude.get("/audit/key")
    assert note["Content-Type"] == key["Content-Type"] == "text/plain; charset=utf-8"
    assert key.content.decode() == f"{SIGNER.vkey}\n"
    size, _ = relgate.read_note(note.content, relgate.read_key(key.content.decode()), "checkpoint")
    assert size == note.content.decode().split("\n")[1].isdigit() * int(note.content.decode().split("\n")[1])
    assert note.content.decode().startswith(f"{ORIGIN}\n")


def test_a_leaf_proves_its_place(aude):
    sealed(5)
    total = int(aude.get("/audit/checkpoint").content.decode().split("\n")[1])
    proof = aude.get("/audit/leaves/2/proof").json()
    assert (proof["leaf_index"], proof["tree_size"], proof["tree_size"] >= 5) == (2, total, True)
    assert problem(aude.get(f"/audit/leaves/{total}/proof"))[:2] == (404, "not_found")
    assert problem(aude.get("/audit/leaves/-1/proof"))[0] == 404
    assert problem(aude.get(f"/audit/leaves/{10**30}/proof"))[0] == 404


def test_a_bundle_verifies_offline_and_is_recorded(aude):
    sealed(4, private={"comment": "x"})
    response = aude.get("/audit/bundle")
    found = relgate.verify_bundle(content(response), relgate.read_key(SIGNER.vkey))
    assert found["leaves"] >= 4
    assert 'filename="log.rgaudit"' in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store"
    (export,) = exports()
    assert export["subject"] == "export:log.rgaudit"


def test_a_bundle_of_a_time_range_begins_at_a_checkpoint(aude):
    sealed(2)
    middle = add(1)[0].at
    seal()
    sealed(2)
    response = aude.get("/audit/bundle", query_params={"from": middle.isoformat(), "to": middle.isoformat()})
    found = relgate.verify_bundle(content(response), relgate.read_key(SIGNER.vkey))
    assert (found["leaves"], found["first"] > 0) == (1, True)


@pytest.mark.parametrize("roles", [[], ["release_manager"], ["administrator"]])
def test_only_auditors_take_the_whole_log_away(roles):
    sealed(1)
    response = as_person("rita", roles=roles).get("/audit/bundle")
    assert problem(response)[:2] == (403, "forbidden")
    assert response.json()["missing_permission"] == "audit.read"
    assert exports() == []


def test_an_export_that_cannot_be_recorded_is_not_made(aude, monkeypatch):
    sealed(1)

    def fail(**options):
        raise api_error

    from audit.actions.append import AuditUnavailable

    api_error = AuditUnavailable()
    monkeypatch.setattr(api, "record_export", fail)
    for path in ("/events.jsonl", "/bundle"):
        assert problem(aude.get(f"/audit{path}"))[:2] == (503, "audit_unavailable")


def test_nothing_is_written_through_these_paths(aude):
    sealed(1)
    for path in PATHS:
        for method in ("post", "put", "patch", "delete"):
            assert getattr(aude, method)(f"/audit{path}").status_code == 405
