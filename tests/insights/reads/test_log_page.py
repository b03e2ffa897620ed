"""The audit page: filters, what each row is about and who did it, and what can be taken away by whom."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from audit.models import AuditEvent, Opening
from insights.reads.log_page import ERASED, Filters, _row, read_log_page, verify_command
from kernel.refusals import Invalid
from tests.database import as_owner
from tests.insights.frames import AT, frame_for

ITEM = {
    "kind": "vote.cast",
    "actor": "rita",
    "actor_tag": "user:per_rita",
    "subject": "approval:apr_1",
    "environment": "prod",
    "data": {"decision": "approve"},
    "private": {},
}


def row(**changes) -> dict:
    return _row({**ITEM, **changes})


@pytest.mark.parametrize(
    ("subject", "url"),
    [
        ("approval:apr_1", "/approvals/apr_1"),
        ("deployment:dep_1", "/deployments/dep_1"),
        ("change:chg_1", "/changes/chg_1"),
        ("person:per_1", ""),
        ("deployment:a/b", ""),
        ("deployment:", ""),
        ("deployment", ""),
        ("", ""),
    ],
)
def test_only_a_subject_with_a_page_of_its_own_is_a_link(subject, url):
    assert row(subject=subject)["url"] == url


def test_a_subject_cannot_lead_out_of_its_page():
    assert row(subject="approval:<script>?x=1#y")["url"] == "/approvals/%3Cscript%3E%3Fx=1%23y"


@pytest.mark.parametrize(
    ("actor", "tag", "who"),
    [
        ("rita", "user:per_rita", "rita"),
        ("user:per_rita", "user:per_rita", ERASED),
        ("system:worker", "system:worker", "system:worker"),
        ("application:payments", "application:payments", "application:payments"),
    ],
)
def test_a_person_without_a_name_was_erased_and_a_machine_is_its_tag(actor, tag, who):
    assert row(actor=actor, actor_tag=tag)["who"] == who


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({}, "approval:apr_1"),
        ({"subject": "person:per_rita"}, "rita"),
        ({"subject": "person:per_omar"}, "person:per_omar"),
        ({"subject": "person:per_omar", "private": {"username": "omar"}}, "omar"),
        ({"subject": "person:per_omar", "private": {"username": None}}, "person:per_omar"),
        ({"subject": "person:per_rita", "actor": "user:per_rita"}, "person:per_rita"),
        ({"subject": "group:owners", "private": {"username": "omar"}}, "group:owners"),
    ],
)
def test_a_person_is_named_where_the_name_is_still_there(changes, about):
    assert row(**changes)["about"] == about


def test_what_was_said_is_quoted_what_was_erased_is_said_and_nothing_else_is_shown():
    private = {"comment": "<b>No.</b>", "why": None, "username": "rita", "ip": None}
    said = [("comment", "<b>No.</b>"), ("why", ERASED), ("ip", ERASED)]
    assert row(private=private)["said"] == said


def test_a_damaged_event_without_data_still_has_its_row():
    found = row(data=None)
    assert (found["text"], found["icon"]) == ("Voted", "key-round")


def test_the_filters_become_the_queries_of_the_api():
    assert Filters().as_query() == ""
    filters = Filters(
        actor="a&b=c", kind="vote.cast", outcome="denied", since=AT, until=AT + timedelta(days=1)
    )
    assert parse_qs(filters.as_query()) == {
        "actor": ["a&b=c"],
        "kind": ["vote.cast"],
        "from": ["2026-11-24T09:00:00+00:00"],
        "to": ["2026-11-25T09:00:00+00:00"],
    }
    exact = Filters(environment="prod", outcome="denied").exact()
    assert exact == {
        **dict.fromkeys(("actor", "kind", "subject", "since", "until")),
        "environment": "prod",
    }


def test_the_command_is_the_verifiers_own():
    assert verify_command() == "python3 relgate.py verify log.rgaudit --key log.key"


def page(world, who: str, **filters):
    return read_log_page(frame_for(world, who), Filters(**filters), None)


@pytest.mark.django_db
def test_who_may_take_what_away(world):
    every = ["Deployments, CSV", "Deployments, JSON Lines", "Deployments, Excel", "Events, JSON Lines"]
    every += ["Checkpoint", "Key"]
    assert [row["title"] for row in page(world, "rita").exports] == every
    assert [row["title"] for row in page(world, "aude").exports] == [*every[:4], "Bundle", *every[4:]]
    files = {row["title"]: row["file"] for row in page(world, "rita").exports if row["file"]}
    assert files == {"Checkpoint": "log.checkpoint", "Key": "log.key"}


@pytest.mark.django_db
def test_what_is_taken_away_is_narrowed_as_the_page_is(world):
    exports = page(world, "aude", environment="prod", kind="vote.cast").exports
    queries = {row["title"]: parse_qs(urlsplit(row["url"]).query) for row in exports}
    assert queries == {
        "Deployments, CSV": {"environment": ["prod"]},
        "Deployments, JSON Lines": {"environment": ["prod"]},
        "Deployments, Excel": {"environment": ["prod"]},
        "Events, JSON Lines": {"environment": ["prod"], "kind": ["vote.cast"]},
        "Bundle": {},  # a part of the log would prove nothing
        "Checkpoint": {},
        "Key": {},
    }


@pytest.mark.django_db
def test_the_outcome_narrows_the_rows_and_a_word_that_is_none_narrows_nothing(world):
    asked = world.asked()
    about = f"deployment:{asked.pk}"
    every = page(world, "rita", subject=about).rows
    assert {row["outcome"] for row in every} == {"allowed"}
    assert page(world, "rita", subject=about, outcome="denied").rows == []
    assert len(page(world, "rita", subject=about, outcome="allowed").rows) == len(every)
    assert len(page(world, "rita", subject=about, outcome="' OR 1=1").rows) == len(every)


@pytest.mark.django_db
def test_a_comment_that_was_erased_is_said_to_be_and_its_author_too(world):
    asked = world.asked()
    world.vote(asked, "rita", comment="I looked at the plan.")
    about = {"kind": "vote.cast", "actor": f"user:{world.actor('rita').person_id}"}
    (found,) = page(world, "omar", **about).rows
    assert (found["who"], found["said"]) == ("rita", [("comment", "I looked at the plan.")])
    with as_owner():
        Opening.objects.filter(event__in=AuditEvent.objects.filter(kind="vote.cast")).delete()
    (found,) = page(world, "omar", **about).rows
    assert (found["who"], ("comment", ERASED) in found["said"]) == (ERASED, True)


@pytest.mark.django_db
def test_somebody_who_is_part_of_nothing_reads_nothing_of_an_application(world):
    asked = world.asked()
    assert page(world, "zoe", subject=f"deployment:{asked.pk}").rows == []


@pytest.mark.django_db
def test_a_cursor_that_is_not_ours_is_refused(world):
    with pytest.raises(Invalid):
        read_log_page(frame_for(world, "rita"), Filters(), "not-a-cursor")
