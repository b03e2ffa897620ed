"""What must never be in a log is not in it, wherever it was put."""

import io
import json
import logging

import pytest

from kernel.permissions import SCOPES
from releasegate.logs import JsonFormatter, Redact, current_request_id, redact
from teams.tokens import mint

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ==\n-----END PRIVATE KEY-----"
CANARIES = [
    ("GET /x?token={}", mint()),
    ("Authorization: Bearer {}", "eyJhbGciOi.JIUzI1NiJ9.abc"),
    ("{{'Authorization': 'Basic {}'}}", "dXNlcjpwYXNz"),
    ('{{"authorization": "{}"}}', "opaque-credential-1"),
    ("sent bearer {} to", "abcdefghijkl"),
    ("key AKIA{}", "IOSFODNN7EXAMPLE"),
    ("key ASIA{}", "IOSFODNN7EXAMPLE"),
    ("aws_secret_access_key={}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("SecretAccessKey: '{}'", "wJalr XUtnFEMI"),
    ("aws_session_token = {}", "FwoGZXIvYXdzEBYaD"),
    ("password={}&next=/", "hunter2"),
    ('{{"password": "{}"}}', "correct horse battery"),
    ("new_password1={}", "hunter2hunter2"),
    ("postgres://app:{}@db/releasegate", "s3cr3t"),
    ("redis://:{}@cache:6379/0", "s3cr3t"),
    ("https://b.s3.amazonaws.com/k?X-Amz-Signature={}&x=1", "abcdef0123456789"),
    ("?X-Amz-Security-Token={}", "IQoJb3JpZ2luX2Vj"),
    ("SECRET_KEY={}", "django-insecure-abc"),
    ("csrfmiddlewaretoken={}", "Zk9a7s6d5f4g3h2j1"),
]


@pytest.mark.parametrize(("text", "secret"), CANARIES, ids=[text for text, _ in CANARIES])
def test_a_secret_is_replaced_and_the_rest_stays(text, secret):
    line = "before " + text.format(secret) + " after"
    cleaned = redact(line)
    assert secret not in cleaned
    assert cleaned.startswith("before ")
    assert "[redacted]" in cleaned


@pytest.mark.parametrize("text", [PEM, PEM[:60], f'{{"key": "{PEM}"}}'])
def test_a_private_key_is_replaced_even_when_cut_off(text):
    assert "MIIE" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "deployment dep_01hf is running",
        "GET /api/v1/builds?application=payments&limit=5 200",
        "sha256:9f31c0e5a1b2c3d4",
        "http://localhost:8000/approvals/apr_1",
        "the password was wrong",
        f"scopes {', '.join(SCOPES)}",
        "role arn:aws:iam::333333333333:role/deploy",
    ],
)
def test_ordinary_lines_stay_as_they_are(text):
    assert redact(text) == text


@pytest.fixture
def log():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redact())
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("releasegate.test")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


def lines(stream) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(log):
    logger, stream = log
    logger.warning("two\nlines, %s", 'and a "quote"')
    (line,) = lines(stream)
    assert line["message"] == 'two\nlines, and a "quote"'
    assert (line["level"], line["logger"]) == ("warning", "releasegate.test")
    assert line["at"].endswith("Z")
    assert "request_id" not in line


def test_a_line_names_its_request(log):
    logger, stream = log
    mark = current_request_id.set("req_1")
    logger.error("x")
    current_request_id.reset(mark)
    logger.error("y")
    assert [line.get("request_id") for line in lines(stream)] == ["req_1", None]


def test_arguments_are_cleaned_after_they_were_put_in(log):
    logger, stream = log
    secret = mint()
    logger.error("token %s of %s", secret, {"Authorization": f"Bearer {secret}"})
    assert secret not in stream.getvalue()


def test_a_traceback_is_kept_and_cleaned(log):
    logger, stream = log
    secret = mint()
    try:
        raise ValueError(f"cannot use {secret}")
    except ValueError:
        logger.exception("it failed")
    (line,) = lines(stream)
    assert "ValueError: cannot use rgt_[redacted]" in line["error"]
    assert "test_logs.py" in line["error"]
    assert secret not in stream.getvalue()


def test_a_record_that_cannot_be_formatted_does_not_hide_the_others(log):
    logger, stream = log
    logging.raiseExceptions, before = False, logging.raiseExceptions
    try:
        logger.error("%d", "not a number")
    except TypeError:
        pass
    finally:
        logging.raiseExceptions = before
    logger.error("next")
    assert lines(stream)[-1]["message"] == "next"


def test_half_a_surrogate_pair_can_be_logged():
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "odd \ud800 text", (), None)
    JsonFormatter().format(record).encode()
