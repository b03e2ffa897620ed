"""One address, two answers: the page, or the part that htmx asks for."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from kernel.htmx import is_fragment, vary


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "false"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_a_fragment_is_asked_for_by_htmx_and_not_for_history(headers, fragment):
    assert is_fragment(RequestFactory().get("/", headers=headers)) is fragment


def test_caches_are_told_that_the_answer_differs():
    response = HttpResponse()
    response["Vary"] = "Cookie"
    assert vary(response)["Vary"] == "Cookie, HX-Request"
