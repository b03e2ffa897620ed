"""A machine votes nowhere: not with its application's token, not with every scope, on no route that takes a word."""

import pytest

from approvals.models import SigningStatement, Vote
from deployments.models import BreakGlass
from pipelines.models import ConfigChange
from tests.census import api_rows, page_rows
from tests.census.asking import ask, changed

pytestmark = pytest.mark.django_db
# Every route where a person's word counts, with what a machine of the application is told there.
WORDS = {
    "POST /approvals/{approval}/votes": "human_required",
    "POST /approvals/{approval}/statement": "human_required",
    "POST /break-glass": "forbidden",
    "POST /break-glass/{waiting_glass}/confirm": "forbidden",
    "POST /break-glass/{glass}/review": "forbidden",
    "POST /changes/{change}/confirm": "forbidden",
    "POST /changes/{change}/reject": "not_found",
    "POST /deployments/{stuck}/resolve": "forbidden",
    "POST /deployments/{deployment}/cancel": "forbidden",
}
SAYS = ("vote", "statement", "confirm", "reject", "review", "break-glass", "resolve", "cancel")


def test_every_route_that_takes_a_word_is_among_them():
    paths = {row.key for row in api_rows.ROWS if row.changes and any(word in row.path for word in SAYS)}
    assert paths == set(WORDS)


@pytest.mark.parametrize("key", WORDS)
@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_machine_is_told_that_its_word_does_not_count(town, callers, before, key, decision, monkeypatch):
    body = {"decision": decision, "content_hash": "{content_hash}", "comment": "As the CI I am content."}
    for name in ("votes", "statement"):
        sent = body if name == "votes" else {k: v for k, v in body.items() if k != "comment"}
        monkeypatch.setitem(ask.__globals__["API"], f"POST /approvals/{{approval}}/{name}", sent)
    answer = ask(callers["ci"], api_rows.BY_ID[key], town.names, api=True)
    assert (answer.status, answer.json["code"]) == (404 if WORDS[key] == "not_found" else 403, WORDS[key])
    assert changed(answer, before) == []
    denied = [event["outcome"] for event in answer.events]
    assert denied == ([] if answer.status == 404 else ["denied"])


def test_no_row_of_the_tables_lets_a_machine_say_a_word(town):
    for key in WORDS:
        assert {api_rows.BY_ID[key].cells[column].status for column in ("ci", "o-ci")} <= {403, 404}
    for row in page_rows.ROWS:
        if row.changes and any(word in row.path for word in SAYS):
            assert {row.cells[column].word for column in ("ci", "o-ci")} == {"/sign-in"}


def test_and_none_is_on_record(town, callers):
    """The votes and reviews that there are, are people's, whatever the machines asked for."""
    for key in WORDS:
        for column in ("ci", "o-ci"):
            ask(callers[column], api_rows.BY_ID[key], town.names, api=True)
    assert not Vote.objects.exists()
    assert not SigningStatement.objects.exists()
    assert set(BreakGlass.objects.values_list("opened_by__username", flat=True)) == {"rosa"}
    assert not BreakGlass.objects.exclude(reviewed_at=None).exists()
    assert not ConfigChange.objects.exclude(state="pending").exists()
