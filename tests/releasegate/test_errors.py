"""Error pages say what happened, whose fault it is and which request it was, and nothing else."""

import pytest
from django.test import RequestFactory

from kernel.refusals import Conflict, Forbidden
from releasegate import errors

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.fixture(autouse=True)
def see_error_pages(client):
    client.raise_request_exception = False


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/broken", 500), ("/missing/x", 404)])
def test_a_page_has_its_status_and_names_the_request(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert answer["X-Request-Id"] in answer.content.decode()


def test_a_bug_shows_nothing_of_itself(client):
    body = client.get("/broken").content.decode()
    for word in ("KeyError", "/some/path", "Traceback", "endpoints.py"):
        assert word not in body


@pytest.mark.parametrize("path", ["/api/v1/x", "/api/v1/", "/api/v1", "/api/v1/broken"])
def test_the_api_gets_documents(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/api/v10/x", "/api/v1x", "/apiv1"])
def test_what_only_looks_like_the_api_gets_pages(client, path):
    assert client.get(path)["Content-Type"].startswith("text/html")


def test_a_foreign_host_name_is_refused(client):
    for path, kind in (("/show", "text/html"), ("/api/v1/x", "application/problem+json")):
        answer = client.get(path, HTTP_HOST="evil.example")
        assert answer.status_code == 400
        assert answer["Content-Type"].startswith(kind)
        assert "evil.example" not in answer.content.decode()


def test_an_old_form_is_explained(client):
    client.handler.enforce_csrf_checks = True
    answer = client.post("/form", {"name": "x"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()


def test_a_broken_error_page_still_answers(monkeypatch):
    def fail(names):
        raise RuntimeError("no database for the shell")

    monkeypatch.setattr(errors, "select_template", fail)
    request = RequestFactory().get("/x")
    request.request_id = "req_<1>"
    answer = errors.refusal_page(request, Conflict("<b>not now</b>"))
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "req_&lt;1&gt;" in body
    assert "<b>" not in body


def test_a_status_without_a_page_of_its_own_has_the_plain_words(monkeypatch):
    seen = []

    class Template:
        def render(self, context, request):
            seen.append(context)
            return "page"

    def choose(names):
        seen.append(names)
        return Template()

    monkeypatch.setattr(errors, "select_template", choose)
    errors.refusal_page(RequestFactory().get("/x"), Forbidden("No.", reasons=[{"code": "a"}]))
    names, context = seen
    assert names == ["errors/403.html", "errors/error.html"]
    assert (context["status"], context["detail"], context["reasons"]) == (403, "No.", [{"code": "a"}])


def test_django_is_told_of_every_handler():
    request = RequestFactory().get("/api/v1/x")
    for handler, status in (
        (lambda: errors.bad_request(request, ValueError("x")), 400),
        (lambda: errors.permission_denied(request, None), 403),
        (lambda: errors.page_not_found(request, None), 404),
        (lambda: errors.server_error(request), 500),
        (lambda: errors.csrf_failure(request), 403),
        (lambda: errors.api_not_found(request), 404),
    ):
        assert handler().status_code == status
