"""The control address: JSON in, JSON out, and a clear refusal for all else."""

import http.client
import json
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def ask(sandbox, control):
    def ask(method, path, body=None):
        connection = http.client.HTTPConnection(urlsplit(sandbox.endpoint_url).netloc, timeout=10)
        connection.request(method, "/_sandbox/" + path, body=body)
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found

    return ask


def test_health_is_answered_with_json(ask):
    assert ask("GET", "health") == (200, {"ok": True})


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing"), ("PUT", "faults"), ("POST", "mutations")])
def test_unknown_control_is_not_found(ask, method, path):
    status, answer = ask(method, path)
    assert (status, answer["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("body", ["{broken", "[]", '"text"', "7", "{}", '{"kind": 7}'])
def test_malformed_fault_is_refused_and_none_is_in_force(ask, body):
    status, answer = ask("POST", "faults", body)
    assert (status, answer["error"]["code"]) == (400, "invalid")
    assert ask("GET", "faults") == (200, {"faults": []})


@pytest.mark.parametrize("body", ['{"offset_seconds": "soon"}', '{"minute_seconds": true}'])
def test_clock_takes_numbers_only(ask, body):
    status, answer = ask("POST", "clock", body)
    assert (status, answer["error"]["code"]) == (400, "invalid")
    assert ask("POST", "clock", "{}") == (200, {"offset_seconds": 0.0, "minute_seconds": 60.0})


def test_fault_that_was_added_is_listed_with_what_is_left(ask):
    body = json.dumps({"service": "s3", "action": "PutObject", "kind": "throttle", "times": 3})
    status, answer = ask("POST", "faults", body)
    assert status == 201
    assert [(rule["kind"], rule["left"]) for rule in answer["faults"]] == [("throttle", 3)]
    assert ask("DELETE", "faults") == (200, {"faults": []})


@pytest.mark.parametrize("path", ["/_sandbox/clock", "/"])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:80"}],
)
def test_a_page_of_another_site_is_refused_whatever_name_it_calls_us_by(sandbox, control, path, headers):
    connection = http.client.HTTPConnection(urlsplit(sandbox.endpoint_url).netloc, timeout=10)
    connection.request("POST", path, body='{"offset_seconds": 86400}', headers=headers)
    assert connection.getresponse().status == 403
    connection.close()
