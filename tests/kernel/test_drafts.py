"""A refused form loses no text, and keeps no secret."""

import pytest
from django.test import RequestFactory

from kernel.drafts import LONGEST, keep_draft, take_draft
from kernel.refusals import Conflict, Invalid

REFUSED = Conflict("Not now.", code="not_open")


def refused(fields: dict, refusal=REFUSED):
    request = RequestFactory().post("/approvals/apr_1/vote", fields)
    request.session = {}
    keep_draft(request, refusal)
    return request


def test_what_was_typed_is_there_once():
    request = refused({"comment": "looks good", "ids": ["a", "b"]})
    draft = take_draft(request, "/approvals/apr_1/vote")
    assert draft.get("comment") == "looks good"
    assert draft.fields["ids"] == ["a", "b"]
    assert (draft.code, draft.detail) == ("not_open", "Not now.")
    assert draft.get("missing", "none") == "none"
    assert take_draft(request, "/approvals/apr_1/vote") is None


def test_another_form_does_not_get_it():
    request = refused({"comment": "x"})
    assert take_draft(request, "/approvals/apr_2/vote") is None
    assert take_draft(request, "/approvals/apr_1/vote").get("comment") == "x"


@pytest.mark.parametrize(
    "name", ["password", "new_password1", "api_token", "client_secret", "csrfmiddlewaretoken"]
)
def test_secrets_are_not_kept(name):
    request = refused({name: "hunter2", "comment": "x"})
    assert "hunter2" not in str(request.session)
    assert take_draft(request, "/approvals/apr_1/vote").fields == {"comment": ["x"]}


def test_a_very_long_text_is_not_put_into_the_session():
    request = refused({"comment": "x" * (LONGEST + 1)})
    draft = take_draft(request, "/approvals/apr_1/vote")
    assert draft.fields == {}
    assert draft.code == "not_open"


def test_the_errors_of_the_fields_come_along():
    errors = [{"pointer": "/comment", "code": "comment_required", "detail": "Say why."}]
    request = refused({"comment": ""}, Invalid(errors=errors))
    draft = take_draft(request, "/approvals/apr_1/vote")
    assert (draft.errors, draft.at) == (errors, {"comment": "Say why."})


def test_a_refusal_that_is_no_fields_fault_stands_at_none():
    request = refused({"comment": "x"})
    assert take_draft(request, "/approvals/apr_1/vote").at == {}


def test_without_a_draft_there_is_none():
    request = RequestFactory().get("/")
    request.session = {}
    assert take_draft(request, "/x") is None
