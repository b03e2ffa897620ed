"""The three addresses of the machinery answer whatever else is wrong with the request."""

import pytest
from django.test import override_settings

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@override_settings(ALLOWED_HOSTS=["only.example"], SECURE_SSL_REDIRECT=True)
def test_any_host_name_may_ask_without_https_and_without_signing_in(client, path):
    answer = client.get(path, HTTP_HOST="10.1.2.3:8000")
    assert answer.status_code in {200, 503}
    assert answer["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer
    assert client.get("/", HTTP_HOST="10.1.2.3:8000").status_code == 400


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_only_reading_is_allowed(client, path):
    assert client.post(path).status_code == 405
    assert client.head(path).status_code in {200, 503}


@pytest.mark.parametrize("path", ["/livez/", "/LIVEZ", "/livezz"])
def test_other_paths_are_other_pages(client, path):
    assert client.get(path).status_code == 404


def test_liveness_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/livez").json() == {"status": "alive"}
