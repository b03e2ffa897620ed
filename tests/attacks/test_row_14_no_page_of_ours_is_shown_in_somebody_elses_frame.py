"""A transparent frame over a game, and the click lands on Approve: every answer there is forbids to be framed."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from teams.models import Person

pytestmark = pytest.mark.django_db
KNOWN = {"application": "payments", "version": "1.1.0", "name": "prod", "environment": "prod"}


def addresses(resolver=None, before: str = "") -> list[str]:
    """One address for each row of the URL table; parts of the path are names of the test's company, or made up."""
    found = []
    for row in (resolver or get_resolver()).url_patterns:
        part = before + str(row.pattern)
        if isinstance(row, URLResolver):
            found += addresses(row, part)
        elif isinstance(row, URLPattern):
            for name, kind in row.pattern.converters.items():
                value = KNOWN.get(name, "x") if type(kind).__name__ != "IntConverter" else "1"
                for word in ("str", "int", "slug", "path"):
                    part = part.replace(f"<{word}:{name}>", value)
            found.append("/" + part.replace("^", "").replace("(/.*)?$", "/x").replace("$", ""))
    return found


def framed(answer) -> bool:
    """Whether some browser might show this answer inside a frame of another site."""
    rules = answer.get("Content-Security-Policy", "").split("; ")
    return "frame-ancestors 'none'" not in rules or answer.get("X-Frame-Options") != "DENY"


def alone(answer) -> bool:
    return answer.get("Cross-Origin-Opener-Policy") == "same-origin"


@pytest.mark.parametrize("who", ["", "rita", "admin"], ids=["nobody", "rita", "admin"])
def test_no_address_of_the_table_may_be_framed_whatever_it_answers(world, client, who):
    world.asked()
    client.raise_request_exception = False
    if who:
        client.force_login(Person.objects.get(username=who))
    seen = set()
    for path in addresses():
        if "sign-out" in path:
            continue
        answers = [client.get(path)] if who else [client.get(path), client.post(path), client.put(path)]
        for answer in answers:
            seen.add(answer.status_code)
            assert not framed(answer), (path, answer.status_code)
            assert alone(answer), (path, answer.status_code)
    assert seen >= ({200, 404, 405} if who else {200, 302, 401, 405})
    assert len(addresses()) > 80


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/nowhere", "/api/v1/nowhere", "/static/none.css"]
)
def test_nor_what_stands_beside_it(client, path):
    client.raise_request_exception = False
    assert not framed(client.get(path)), path


def test_nor_a_request_with_a_name_that_is_not_ours(client):
    assert not framed(client.get("/inbox", HTTP_HOST="evil.example"))


def test_the_check_would_see_a_frame(client):
    answer = client.get("/sign-in")
    del answer.headers["X-Frame-Options"]
    assert framed(answer)
    answer["X-Frame-Options"] = "DENY"
    assert not framed(answer)
    answer["Content-Security-Policy"] = answer["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", ""
    )
    assert framed(answer)
