"""A cookie that nobody was given is no reason for an error."""

import pytest

from tests import people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["session", "csrf"])
@pytest.mark.parametrize("value", [r'"\000aaaaaaaaaaaa"', r'"a\012b"'])
@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/teams"])
def test_a_control_character_in_a_cookie_is_a_cookie_that_was_not_sent(client, path, name, value):
    sent = client.get(path, headers={"cookie": f"{name}={value}"})
    assert sent.status_code == client.get(path).status_code < 500


def test_the_cookies_beside_it_are_kept(client):
    client.force_login(people.person("alice"))
    session = client.cookies["session"].value
    answer = client.get("/", headers={"cookie": rf'theme="\000"; session={session}'})
    assert answer.status_code == client.get("/").status_code
    assert "/login" not in answer.headers.get("Location", "")
