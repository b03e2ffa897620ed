"""Who looks, and how they want to see it."""

import pytest
from django.test import Client

from tests.people import person
from tests.teams.callers import as_person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


def page(client: Client) -> str:
    return client.get("/show").content.decode()


def test_nobody_is_anonymous(client):
    assert "anonymous:anonymous" in page(client)


def test_a_page_that_says_nothing_about_it_is_for_those_who_signed_in(client):
    answer = client.get("/private?x=1")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/private%3Fx%3D1")
    client.force_login(person("alice"))
    assert client.get("/private?x=1").content == b"private"


def test_a_signed_in_person_is_themselves(client):
    client.force_login(person("alice"))
    assert "user:per_alice" in page(client)


def test_someone_whose_access_ended_is_nobody(client):
    alice = person("alice")
    client.force_login(alice)
    type(alice).objects.update(is_active=False)
    assert "user:per_alice" not in page(client)


def test_an_api_call_by_token_looks_nobody_up_twice(client):
    assert as_person("alice").get("/nobody").json() == {"actor": "user:per_alice"}


@pytest.mark.parametrize(("cookie", "theme"), [("light", "light"), ("dark", "dark"), ("auto", "auto")])
def test_the_theme_is_the_cookies(client, cookie, theme):
    client.cookies["theme"] = cookie
    assert f" {theme} " in page(client)


@pytest.mark.parametrize("cookie", ["", "DARK", "blue", '"><script>', "x" * 4000])
def test_an_unknown_theme_is_the_systems(client, cookie):
    client.cookies["theme"] = cookie
    assert " auto " in page(client)


def test_the_zone_is_the_cookies_then_the_persons_then_the_sites(client, settings):
    settings.DEFAULT_VIEWER_ZONE = "Asia/Tokyo"
    assert page(client).endswith("Asia/Tokyo")
    alice = person("alice")
    client.force_login(alice)
    assert page(client).endswith("Asia/Tokyo")
    type(alice).objects.update(zone="America/Lima")
    assert page(client).endswith("America/Lima")
    client.cookies["zone"] = "Europe/Berlin"
    assert page(client).endswith("Europe/Berlin")


@pytest.mark.parametrize(
    "cookie", ["", "Berlin", "../../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin"]
)
def test_an_unknown_zone_is_not_opened(client, cookie):
    client.cookies["zone"] = cookie
    assert page(client).endswith("UTC")
