"""Browser input: shape only."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from deployments import forms
from deployments.actions.resolve import OUTCOMES

VOTE = {"decision": "approve", "content_hash": "sha256:1", "comment": " kept as typed "}


def errors(form) -> list[str]:
    assert not form.is_valid()
    return sorted(form.errors)


def test_a_vote_keeps_the_comment_as_it_was_typed():
    form = forms.VoteForm(VOTE)
    assert form.is_valid()
    assert form.cleaned_data == VOTE | {"assertion": None, "nonce": "", "typed_version": ""}


def test_a_vote_brings_what_a_passkey_answered_as_json():
    form = forms.VoteForm({**VOTE, "assertion": '{"id": "AA"}', "nonce": "n"})
    assert form.is_valid()
    assert (form.cleaned_data["assertion"], form.cleaned_data["nonce"]) == ({"id": "AA"}, "n")
    assert errors(forms.VoteForm({**VOTE, "assertion": "{"})) == ["assertion"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"content_hash": ""}, "content_hash"),
        ({"comment": "x" * 4001}, "comment"),
    ],
)
def test_a_vote_without_its_parts_is_refused(changes, field):
    assert errors(forms.VoteForm({**VOTE, **changes})) == [field]


def test_a_request_names_what_and_where():
    assert errors(forms.RequestForm({})) == ["application", "environment", "version"]
    form = forms.RequestForm({"application": "payments", "version": "1.0.0", "environment": "dev"})
    assert form.is_valid()
    assert (form.cleaned_data["reason"], form.cleaned_data["typed_version"]) == ("", "")


def test_whether_a_reason_is_needed_is_the_actions_affair():
    assert forms.ReasonForm({}).is_valid()
    assert errors(forms.ReasonForm({"reason": "x" * 2001})) == ["reason"]


def test_an_outcome_is_one_of_those_a_person_may_settle_with():
    assert [forms.ResolveForm({"outcome": outcome}).is_valid() for outcome in OUTCOMES] == [True] * len(
        OUTCOMES
    )
    assert errors(forms.ResolveForm({"outcome": "running"})) == ["outcome"]


def test_a_start_is_read_by_the_clock_of_the_zone_that_is_active():
    typed = {"application": "payments", "version": "1.0.0", "environment": "dev"}
    with timezone.override("Europe/Berlin"):
        form = forms.RequestForm({**typed, "not_before": "2026-12-02T22:00"})
        assert form.is_valid()
        skipped = forms.RequestForm({**typed, "not_before": "2027-03-28T02:30"})
        assert errors(skipped) == ["not_before"], "no clock there shows that time"
    assert form.cleaned_data["not_before"] == datetime(2026, 12, 2, 21, tzinfo=UTC)
    assert forms.RequestForm(typed).is_valid()
