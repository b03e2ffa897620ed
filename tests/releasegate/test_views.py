"""How one wants to see the site, and the reference of the API."""

import pytest

from releasegate import views

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]
FROM = {"Referer": "http://testserver/show"}


@pytest.fixture(autouse=True)
def fresh_schema():
    """A process serves one set of paths; here it is another one than the product's."""
    views._schema.cache_clear()
    yield
    views._schema.cache_clear()


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_theme_is_remembered(client, theme):
    answer = client.post("/settings/theme", {"theme": theme}, headers=FROM)
    assert (answer.status_code, answer["Location"]) == (303, "/show")
    cookie = answer.cookies["theme"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (theme, True, "Lax")
    assert f" {theme} " in client.get("/show").content.decode()


@pytest.mark.parametrize("theme", ["", "blue", "<script>", "DARK"])
def test_an_unknown_theme_is_refused(client, theme):
    answer = client.post("/settings/theme", {"theme": theme}, headers=FROM)
    assert answer.status_code == 303
    assert "theme" not in answer.cookies
    assert "theme_unknown" in client.get("/show").content.decode()


def test_a_zone_is_remembered_and_can_be_dropped(client):
    answer = client.post("/settings/zone", {"zone": "Europe/Berlin"}, headers=FROM)
    assert answer.cookies["zone"].value == "Europe/Berlin"
    assert "Europe/Berlin" in client.get("/show").content.decode()
    client.post("/settings/zone", {"zone": ""}, headers=FROM)
    assert "UTC" in client.get("/show").content.decode()


@pytest.mark.parametrize("zone", ["Berlin", "../../etc/passwd", "Europe/Berlin\x00"])
def test_an_unknown_zone_is_refused(client, zone):
    answer = client.post("/settings/zone", {"zone": zone}, headers=FROM)
    assert "zone" not in answer.cookies


@pytest.mark.parametrize("path", ["/settings/theme", "/settings/zone"])
def test_looking_changes_nothing(client, path):
    assert client.get(path).status_code == 405


def test_nobody_is_sent_to_another_site(client):
    answer = client.post("/settings/theme", {"theme": "dark", "next": "https://evil.example"})
    assert answer["Location"] == "/"


def test_the_document_is_open_api_3_1(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")


def test_a_parameter_of_the_document_is_unknown(client):
    answer = client.get("/api/v1/openapi.json?version=2")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_parameter")


def test_the_reference_names_every_operation(client, monkeypatch):
    rendered = []
    monkeypatch.setattr(views, "render", lambda request, name, context: rendered.append((name, context)))
    request = type("Request", (), {"method": "GET"})()
    views.api_reference(request)
    name, context = rendered[0]
    assert name == "api/reference.html"
    shown = {(found.method, found.path) for section in context["sections"] for found in section.operations}
    written = {
        (method.upper(), path)
        for path, item in client.get("/api/v1/openapi.json").json()["paths"].items()
        for method in item
    }
    assert shown == written
    assert ("POST", "/api/v1/things") in shown
