"""Every answer can be named."""

import re

import pytest

from releasegate.logs import current_request_id

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.mark.parametrize(
    "given", ["abc", "01HF-7.x_y:z", "a" * 128, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa-01"]
)
def test_a_harmless_id_is_echoed(client, given):
    answer = client.get("/api/v1/none", headers={"X-Request-Id": given})
    assert answer["X-Request-Id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize(
    "given", ["", "a b", "a\tb", "<script>", "é", "a" * 129, "x;rm", "rgt_0123456789abcdef"]
)
def test_anything_else_is_replaced(client, given):
    answer = client.get("/api/v1/none", headers={"X-Request-Id": given})
    assert re.fullmatch(r"req_[0-9a-f]{24}", answer["X-Request-Id"])
    assert answer.json()["request_id"] == answer["X-Request-Id"]


def test_two_requests_have_two_ids(client):
    assert client.get("/show")["X-Request-Id"] != client.get("/show")["X-Request-Id"]


def test_error_pages_name_it_too(client):
    client.raise_request_exception = False
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in answer.content.decode()


def test_after_the_request_nobody_carries_its_id(client):
    client.get("/show")
    assert current_request_id.get() is None
