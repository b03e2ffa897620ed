"""Every app is reachable, and nothing is that should not be."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from releasegate import urls
from releasegate.rest.schema import build_schema
from tests.people import PASSWORD, person
from tests.teams.callers import Caller, as_person

pytestmark = pytest.mark.django_db


def test_every_app_is_included():
    assert [app.__name__.split(".")[0] for app in urls.APPS] == [
        "teams",
        "pipelines",
        "builds",
        "releases",
        "approvals",
        "deployments",
        "audit",
        "insights",
    ]


@pytest.mark.parametrize(
    "name",
    ["inbox", "account_login", "account_logout", "set_theme", "set_zone", "openapi", "api-docs"],
)
def test_the_names_that_pages_use_exist(name):
    assert reverse(name).startswith("/")


def test_the_start_page_leads_to_the_inbox(client):
    client.force_login(person("alice"))
    answer = client.get("/", follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == reverse("inbox")
    assert len(answer.redirect_chain) <= 1


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_address_of_the_api_that_is_not_there_is_404_by_any_method(method):
    client = Client(enforce_csrf_checks=True)
    answer = getattr(client, method)("/api/v1/holds", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_stranger_is_led_to_the_sign_in(client):
    answer = client.get(reverse("inbox"))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in")


def test_signing_in_and_out(client):
    alice = person("alice", password=PASSWORD)
    assert client.get("/sign-in").status_code == 200
    answer = client.post("/sign-in", {"login": "alice", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse("inbox"))
    assert client.session["_auth_user_id"] == alice.pk
    client.post("/sign-out")
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_signs_nobody_in(client):
    person("alice", password=PASSWORD)
    answer = client.post("/sign-in", {"login": "alice", "password": "wrong"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/sign-up", "/password-reset", "/inactive", "/admin/", "/accounts/signup/"])
def test_nobody_makes_themselves_an_account(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path, {"username": "mallory"}).status_code == 404


def test_the_sign_in_page_leads_nowhere_that_is_not_there(client):
    page = client.get("/sign-in").content.decode()
    assert "ask whoever runs this server" in page
    links = re.findall(r'<a [^>]*href="(/[^"#]*)', page)
    assert [link for link in links if client.get(link).status_code == 404] == []
    assert "password-reset" not in page


def test_the_icon_is_found_where_no_page_names_it(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, "/static/img/favicon.svg")


def test_every_endpoint_needs_credentials():
    """The document's own paths, asked by nobody."""
    stranger, asked = Caller(), 0
    for path, item in build_schema()["paths"].items():
        route = path.removeprefix("/api/v1").replace("{", "").replace("}", "").replace("index", "1")
        for method in item:
            if method in {"get", "post", "put", "patch", "delete"}:
                answer = getattr(stranger, method)(route)
                assert answer.status_code in {401, 429, 404}, (method, path, answer.status_code)
                asked += 1
    assert asked >= 30


def test_no_endpoint_falls_over_when_it_is_asked_for_nothing():
    """Every GET of the document with made-up ids: found, refused, but never 500."""
    alice, asked = as_person("alice", roles=["administrator", "auditor"]), 0
    for path, item in build_schema()["paths"].items():
        if "get" in item:
            route = path.removeprefix("/api/v1").replace("{", "").replace("}", "").replace("index", "1")
            assert alice.get(route).status_code < 500, path
            asked += 1
    assert asked >= 15


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_reference_is_a_page_that_the_policy_allows(client, signed_in):
    if signed_in:
        client.force_login(person("alice"))
    body = client.get("/api/docs").content.decode()
    assert "POST /api/v1/builds" in body
    for forbidden in ("<script>", "<style", " style=", "onclick="):
        assert forbidden not in body
