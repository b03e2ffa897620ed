"""As people see it: who did what on whose authority, and how to take it away."""

import re
from datetime import UTC, datetime

import pytest

from audit.actions.report import report
from audit.models import AuditEvent, Opening, SealerState
from teams.actions.record_signin import record_signin
from teams.models import Person
from tests import database
from tests.audit import log
from tests.insights.browser import Browser

COMMENT = "I looked at the change set."


def rows(answer) -> list[str]:
    """The text of each event, newest first."""
    body = re.search(r"<tbody>.*?</tbody>", answer.html, re.DOTALL)
    found = re.findall(r"<tr.*?</tr>", body.group(0), re.DOTALL) if body else []
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in found]


@pytest.fixture
def voted(world):
    """A request with rita's vote and a refused one of dana's."""
    world.change_gate("prod", exclude=["requester"])
    deployment = world.asked()
    world.vote(deployment, "rita", comment=COMMENT)
    approval = deployment.approval
    fields = {"decision": "approve", "content_hash": approval.content_hash, "comment": ""}
    Browser("dana").post(f"/approvals/{approval.pk}/vote", **fields, next=f"/approvals/{approval.pk}")
    return deployment


def test_an_event_says_who_what_on_what_why_and_how_it_came_out(voted, aude):
    found = rows(aude.get("/audit", kind="vote.cast"))
    assert len(found) == 1
    for text in ("rita", "Approved for release-managers", "payments in prod", COMMENT, "Done"):
        assert text in found[0]
    assert f"approval:{voted.approval_id}" in found[0]


def test_a_denial_is_on_record_with_its_code(voted, aude):
    found = rows(aude.get("/audit", outcome="denied"))
    assert len(found) == 1
    assert "Vote refused: separation of duties" in found[0]
    assert "dana" in found[0]
    assert "Denied" in found[0]


def test_each_event_has_its_leaf_or_says_that_it_is_not_sealed_yet(voted, aude):
    answer = aude.get("/audit", kind="vote.cast")
    assert "not sealed yet" in rows(answer)[0]
    assert "Nothing has been sealed yet." in answer.text
    number = log.seal()
    answer = aude.get("/audit", kind="vote.cast")
    assert re.search(r" leaf \d+ ", rows(answer)[0])
    assert f", size {number}." in answer.text
    assert f"Log: {number} events sealed" in answer.text


def test_an_erased_person_and_comment_are_said_to_be_erased(voted, aude):
    event = AuditEvent.objects.get(kind="vote.cast")
    with database.as_owner():  # erasing is no right of the application
        Opening.objects.filter(event=event, field__in=("actor", "comment")).delete()
    found = rows(aude.get("/audit", kind="vote.cast"))[0]
    assert "comment: erased" in found
    assert found.count("erased") == 2
    assert "rita" not in found
    assert COMMENT not in found


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"actor": "rita", "kind": "vote.cast"}, 1),
        ({"actor": "nobody"}, 0),
        ({"environment": "prod", "kind": "vote.cast"}, 1),
        ({"environment": "dev", "kind": "vote.cast"}, 0),
        ({"kind": "vote.cast", "from": "2020-01-01T00:00"}, 1),
        ({"kind": "vote.cast", "to": "2020-01-01T00:00"}, 0),
        ({"kind": "vote.cast", "outcome": "nonsense"}, 1),
    ],
)
def test_filters_narrow_what_is_listed(voted, aude, query, number):
    assert len(rows(aude.get("/audit", **query))) == number


def test_the_subject_filter_finds_all_about_one_deployment(voted, aude):
    found = rows(aude.get("/audit", subject=f"deployment:{voted.pk}"))
    assert len(found) >= 2
    assert all(voted.pk in row for row in found)


def test_nothing_found_says_so_and_offers_the_way_back(world, aude):
    answer = aude.get("/audit", actor="nobody")
    assert "No event matches" in answer.text
    assert "/audit" in answer.links()


def test_a_time_that_cannot_be_read_is_said_beside_its_field(voted, aude):
    answer = aude.get("/audit", kind="vote.cast", **{"from": "yesterday"})
    assert "This is not a date and time." in answer.text
    assert len(rows(answer)) == 1
    assert 'value="yesterday"' in answer.html


def test_pages_follow_by_cursor_without_a_gap(world, aude):
    log.add(120, kind="evidence.added")
    seen, path = [], "/audit?kind=evidence.added"
    while path:
        answer = aude.get(path)
        seen += re.findall(r'<tr id="(evt_\w+)"', answer.html)
        path = next((link for link in answer.links() if "cursor=" in link), None)
    assert len(seen) == 120
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 120
    aude.get("/audit", cursor="made-up", status=422)


def test_everything_can_be_taken_away_and_the_filters_come_along(world, aude, rita):
    links = aude.get("/audit", kind="vote.cast", environment="prod").links()
    for path in (
        "/api/v1/audit/deployments.csv?environment=prod",
        "/api/v1/audit/deployments.jsonl?environment=prod",
        "/api/v1/audit/events.jsonl?kind=vote.cast&environment=prod",
        "/api/v1/audit/bundle",
        "/api/v1/audit/checkpoint",
        "/api/v1/audit/key",
    ):
        assert path in links, path
    assert "/api/v1/audit/bundle" not in rita.get("/audit").links()
    assert "relgate.py verify log.rgaudit --key log.key" in aude.get("/audit").text


def test_the_export_links_work_as_they_stand(voted, aude):
    log.seal()
    for link in aude.get("/audit").links():
        if link.startswith("/api/v1/audit/"):
            response = aude.client.get(link)
            assert response.status_code == 200, link
            assert b"".join(response) != b""  # read to its end, which closes it


def test_others_read_what_they_may_see(voted, dana, zoe):
    assert "Approved for release-managers" in " ".join(rows(dana.get("/audit", kind="vote.cast")))
    answer = zoe.get("/audit")
    assert "payments" not in " ".join(rows(answer))


def test_addresses_of_callers_are_for_auditors_and_never_in_the_list(voted, aude, dana):
    assert "198.51.100.7" not in aude.get("/audit").html
    assert "198.51.100.7" not in dana.get("/audit").html


def test_hostile_text_stays_text(world, aude):
    hostile = "<script>alert(1)</script>"
    world.asked(reason=hostile)
    assert hostile not in aude.get("/audit").html
    assert hostile not in aude.get("/audit", actor=hostile, kind=hostile, subject=hostile).html


def test_the_page_does_not_move_and_asks_little(voted, aude):
    log.add(100)
    answer = aude.get("/audit")
    assert "hx-get" not in answer.html
    assert answer.queries <= 8


def test_signing_in_is_said_in_words_and_of_whom(world, aude):
    fields = {"ip": "198.51.100.7", "request_id": None}
    rita = Person.objects.get(username="rita")
    record_signin(person=rita, refused=None, **fields)
    record_signin(person=rita, refused="credentials_invalid", **fields)
    assert re.search(
        r"rita Signed in Done signin.succeeded rita",
        " ".join(rows(aude.get("/audit", kind="signin.succeeded"))),
    )
    failed = " ".join(rows(aude.get("/audit", kind="signin.failed")))
    assert re.search(r"not signed in Sign-in failed: credentials invalid Denied signin.failed rita", failed)
    with database.as_owner():
        Opening.objects.filter(field__in=("actor", "username")).delete()
    left = rows(aude.get("/audit", kind="signin.succeeded")) + rows(aude.get("/audit", kind="signin.failed"))
    assert [row for row in left if "rita" in row] == []
    assert all(f"person:{rita.pk}" in row for row in left)


def test_what_a_program_reads_as_text_a_person_gets_as_a_file_and_kinds_are_suggested(world, aude):
    page = aude.get("/audit").html
    assert 'href="/api/v1/audit/key" download="log.key"' in page
    assert 'href="/api/v1/audit/checkpoint" download="log.checkpoint"' in page
    assert 'list="kinds"' in page
    assert page.count('<option value="vote.cast">') == 1


def test_when_the_whole_log_was_last_checked_is_said_and_never_claimed(world, aude):
    assert "The whole log has not been checked yet." in aude.get("/audit").text
    report(verified=True)
    SealerState.objects.update(verified_at=datetime(2026, 1, 20, 10, 0, tzinfo=UTC))
    shown = aude.get("/audit").text
    assert "The whole log was last checked Tue 20 Jan, 10:00 UTC" in shown
    assert "and agrees" in shown
    report("Leaf 7 differs.")
    broken = aude.get("/audit").text
    assert "The last check of the whole log failed: Leaf 7 differs." in broken
    assert "and agrees" not in broken
